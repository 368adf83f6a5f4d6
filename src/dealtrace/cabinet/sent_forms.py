"""Forms that make their change only once, however often they are sent, and the pages that show them."""

import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from secrets import token_urlsafe
from urllib.parse import urlsplit

from starlette.responses import Response

from dealtrace.accounts.sent_form import open_answer, seal_answer, sent_form_digest
from dealtrace.operations.accounts.take_form import take_form
from dealtrace.operations.work import AccountWork

KEY_FIELD = "form_key"
KEY_BYTES = 24
_KEY = re.compile(rf"[A-Za-z0-9_-]{{{KEY_BYTES * 4 // 3}}}")
HOME = "/cabinet/"
_PARAMETER = re.compile(r"\{\w+(:int)?\}")


def new_form_key() -> str:
    """Return a new, unguessable key for the forms on a page; whenever a page is shown, its forms get a new key."""
    return token_urlsafe(KEY_BYTES)


def is_form_key(text: str) -> bool:
    """Return whether a string has the format of a key from `new_form_key`, and so cannot be guessed."""
    return _KEY.fullmatch(text) is not None


@dataclass(slots=True)
class SentOnce:
    """A form that has a key; `is_taken` is true once its change is stored."""

    key: str
    digest: str
    is_taken: bool = False

    def take(self, work: AccountWork) -> None:
        """Record that the form has made its change, in the transaction of that change.

        Raises:
            FormTaken: the form was sent before and has already made its change.
        """
        take_form(work, self.digest)

    def seal(self, response: Response) -> str:
        """Return a response as it is stored: readable only with the form's key."""
        headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in response.raw_headers]
        head = json.dumps([response.status_code, headers]).encode()
        return seal_answer(zlib.compress(head + b"\n" + bytes(response.body)), self.key, self.digest)

    def open(self, sealed: str) -> Response:
        """Return the response from which `seal` made `sealed`."""
        head, _, body = zlib.decompress(open_answer(sealed, self.key, self.digest)).partition(b"\n")
        status, headers = json.loads(head)
        response = Response(body, status)
        response.raw_headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return response


def sent_once(key: str, sender: str, path: str, fields: Iterable[tuple[str, str]]) -> SentOnce:
    """Return a sent form with its key; `sender` is the digest of the session, `fields` has names and values."""
    return SentOnce(key, sent_form_digest(key, sender, path, fields=fields))


class SendingPages:
    """Finds the page from which a form was sent.

    `pages` has the method and the path of every page; paths are those of the table of pages, such as `/{site:int}/`.
    """

    def __init__(self, pages: Iterable[tuple[str, str]]) -> None:
        listed = list(pages)
        self._shown = {path for method, path in listed if method == "GET"}
        self._patterns = [_pattern_of(path) for path in self._shown]
        self._sent_only = [_pattern_of(path) for method, path in listed if method == "POST" and path not in self._shown]

    def find(self, page: str, path: str) -> str:
        """Return the path of the page with the form that is sent to `path`.

        `page` is the path in the table of pages that `path` matches. The result is the longest prefix of `path` that
        leads to a page, or the path of the home page if there is none.
        """
        parts = page.split("/")
        lengths = range(len(parts), 1, -1)
        length = next((length for length in lengths if "/".join(parts[:length]) in self._shown), 0)
        return "/".join(path.split("/")[: length + 1]) if length else HOME

    def find_sender(self, page: str, path: str, referer: str, host: str) -> str:
        """Return the path and query of the page from which a form was sent to `path`, according to the browser.

        If the browser sent no URL of one of our pages, return the page that shows the form.
        """
        try:
            sender = urlsplit(referer)
        except ValueError:
            return self.find(page, path)
        if sender.netloc != host or not self._is_shown(sender.path):
            return self.find(page, path)
        return f"{sender.path}?{sender.query}" if sender.query else sender.path

    def _is_shown(self, path: str) -> bool:
        """Return whether a path is the path of a page, and not of a form that is shown on another page."""
        is_page, is_form = (
            any(pattern.fullmatch(path) for pattern in each) for each in (self._patterns, self._sent_only)
        )
        return is_page and not is_form


def _pattern_of(path: str) -> re.Pattern[str]:
    return re.compile("/cabinet" + _PARAMETER.sub(lambda part: "[0-9]+" if part[1] else "[^/]+", path))


NO_PAGES = SendingPages(())
"""No pages, for routes that take no forms."""
