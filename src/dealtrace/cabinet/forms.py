"""Forms of the cabinet: what was sent, and whether it was sent from our own page."""

import hmac
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message

from dealtrace.accounts.token import token_digest
from dealtrace.errors import BodyTooLarge, UnreadableBody
from dealtrace.record import record

FORM_BYTES_MAX = 100_000
FIELDS_MAX = 200
TOKEN_FIELD = "form_token"  # noqa: S105 - the name of a field
FORMS = "forms of "
"""Set before the secret of a session, its digest is the token of its forms."""


@record
class Form:
    """The fields of a form in their order; files are apart, and only on pages that take them."""

    fields: Sequence[tuple[str, str]]
    files: Sequence[tuple[str, UploadFile]] = ()

    def get(self, name: str) -> str:
        """Return the first value of a field, empty if it was not sent."""
        return next((value for field, value in self.fields if field == name), "")

    def all(self, name: str) -> list[str]:
        """List the values of a field."""
        return [value for field, value in self.fields if field == name]

    def file(self, name: str) -> UploadFile | None:
        """Return the file that was chosen for a field, `None` if none was."""
        return next((file for field, file in self.files if field == name and file.filename), None)

    def has(self, name: str) -> bool:
        """Whether a field was sent, as a checked box is."""
        return any(field == name for field, _ in self.fields)


def form_token_of(secret: str) -> str:
    """Return what the forms of a session must carry; it does not disclose the session's secret."""
    return token_digest(FORMS + secret)


def is_own_form(request: Request, form: Form, form_token: str) -> bool:
    """Return whether a form was sent from our own page.

    Browsers say so themselves; for those that do not, and other programs, the token of the session decides. Without a
    session there is nothing that another page could misuse.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    if origin is not None:
        return urlsplit(origin).netloc == request.headers.get("host")
    return not form_token or hmac.compare_digest(form.get(TOKEN_FIELD), form_token)


async def read_form(request: Request, *, bytes_max: int = FORM_BYTES_MAX, files_max: int = 0) -> Form:
    """Return the fields of a form, and as many files; larger ones lie in unnamed temporary files.

    Raises:
        BodyTooLarge: the form is larger than any that a person fills in.
        UnreadableBody: it has too many fields or malformed multipart parts.
    """
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > bytes_max:
            raise BodyTooLarge(bytes_max=bytes_max)
        return message

    try:
        sent = await Request(request.scope, receive).form(max_files=files_max, max_fields=FIELDS_MAX)
    except MultiPartException as fault:
        raise UnreadableBody(ru="форма заполнена неверно", en="the form is malformed") from fault
    items = sent.multi_items()
    return Form(
        tuple((name, value) for name, value in items if not isinstance(value, UploadFile)),
        tuple((name, value) for name, value in items if isinstance(value, UploadFile)),
    )
