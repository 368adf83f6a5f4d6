"""Forms with a key: each makes its change only once; if it is sent again, the first answer is shown again."""

import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from secrets import token_urlsafe

from starlette.responses import Response

from dealtrace.accounts.sent_form import open_answer, seal_answer, sent_form_digest
from dealtrace.operations.accounts.take_form import take_form
from dealtrace.operations.work import AccountWork

KEY_FIELD = "form_key"
KEY_BYTES = 24
_KEY = re.compile(rf"[A-Za-z0-9_-]{{{KEY_BYTES * 4 // 3}}}")


def new_form_key() -> str:
    """Return a new, unguessable key for the forms on a page; whenever a page is shown, its forms get a new key."""
    return token_urlsafe(KEY_BYTES)


def is_form_key(text: str) -> bool:
    """Return whether a string looks like a key that `new_form_key` returns; others could be guessed."""
    return _KEY.fullmatch(text) is not None


@dataclass(slots=True)
class SentOnce:
    """A form that has a key; `is_taken` is true once its change is stored."""

    key: str
    digest: str
    is_taken: bool = False

    def take(self, work: AccountWork) -> None:
        """Store that the form is taken, in the transaction of the change that the form makes.

        Raises:
            FormTaken: the form was sent before, and was taken then.
        """
        take_form(work, self.digest)

    def seal(self, response: Response) -> str:
        """Return a response as it is stored: readable only with the form's key."""
        headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in response.raw_headers]
        head = json.dumps([response.status_code, headers]).encode()
        return seal_answer(zlib.compress(head + b"\n" + bytes(response.body)), self.key, self.digest)

    def open(self, sealed: str) -> Response:
        """Return the response that `seal` made unreadable."""
        head, _, body = zlib.decompress(open_answer(sealed, self.key, self.digest)).partition(b"\n")
        status, headers = json.loads(head)
        response = Response(body, status)
        response.raw_headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return response


def sent_once(key: str, sender: str, path: str, fields: Iterable[tuple[str, str]]) -> SentOnce:
    """Return a sent form with its key; `sender` is the digest of the session, and `fields` are what the form says."""
    return SentOnce(key, sent_form_digest(key, sender, path, fields=fields))
