"""Forms of the cabinet: parse what was sent, and check that it was sent from our own page."""

import hmac
from collections.abc import Sequence

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.types import Message

from dealtrace.accounts.token import token_digest
from dealtrace.errors import BodyTooLarge, UnreadableBody
from dealtrace.files.temporary_file import refused_if_full
from dealtrace.http.body import DROPPED_BYTES_MAX_WITH_FILES, DROPPED_BYTES_MAX_WITHOUT_FILES
from dealtrace.record import record

FORM_BYTES_MAX = 1_000_000
"""Ours: this exceeds the size of any valid form, so a form with a field that is too long can still be shown again."""
OPEN_FORM_BYTES_MAX = 100_000
"""The maximum size of a form that people send without a login."""
FIELDS_MAX = 200
TOKEN_FIELD = "form_token"  # noqa: S105 - the name of a field
FORMS = "forms of "
"""A prefix put before a session's secret; the hash of both together is the token of the session's forms."""


@record
class Form:
    """The fields of a sent form, in the order sent, and its files; a file that is too large is left out."""

    fields: Sequence[tuple[str, str]]
    files: Sequence[tuple[str, UploadFile]] = ()
    has_oversized_file: bool = False

    def get(self, name: str) -> str:
        """Return the first value of a field, or an empty string if it was not sent."""
        return next((value for field, value in self.fields if field == name), "")

    def all(self, name: str) -> list[str]:
        """List the values of a field in the order sent."""
        return [value for field, value in self.fields if field == name]

    def file(self, name: str) -> UploadFile | None:
        """Return the file that was chosen for a field, or `None` if no file was chosen."""
        return next((file for field, file in self.files if field == name and file.filename), None)

    def has(self, name: str) -> bool:
        """Return whether a field was sent, such as a checked box."""
        return any(field == name for field, _ in self.fields)


def form_token_of(secret: str) -> str:
    """Return the token that the forms of a session must send; it does not reveal the session's secret."""
    return token_digest(FORMS + secret)


def is_own_form(request: Request, form: Form, form_token: str, *, is_secure: bool) -> bool:
    """Return whether a form was sent from one of our own pages.

    The browser's header `Sec-Fetch-Site` or `Origin` decides. Without these headers the form token decides; if there is
    no token because there is no session, any form is accepted, since another website could do no harm by sending one.
    `is_secure` is true if the form came over https; a page of our host that came over http then counts as another
    website, since anybody on the network could have written that page.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    if origin is not None:
        scheme, _, host = origin.rpartition("://")
        return host == request.headers.get("host") and not (is_secure and scheme == "http")
    return not form_token or hmac.compare_digest(form.get(TOKEN_FIELD).encode(), form_token.encode())


class _PartLimits(MultiPartParser):
    """A parser of multipart forms that drops the data of files beyond `bytes_max`, but still reads the later fields."""

    bytes_max = FORM_BYTES_MAX
    has_oversized_file = False
    _part_bytes = _field_bytes = 0

    def on_part_begin(self) -> None:
        """Begin a field or a file."""
        self._part_bytes = 0
        super().on_part_begin()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Receive a piece of a field or a file.

        Raises:
            BodyTooLarge: the fields have more than `FORM_BYTES_MAX` bytes in total.
        """
        self._part_bytes += end - start
        if self._current_part.file is None:
            self._field_bytes += end - start
            if self._field_bytes > FORM_BYTES_MAX:
                raise BodyTooLarge(bytes_max=FORM_BYTES_MAX)
        if self._part_bytes > self.bytes_max:
            self.has_oversized_file = True
        else:
            super().on_part_data(data, start, end)


async def read_form(request: Request, *, bytes_max: int = FORM_BYTES_MAX, files_max: int = 0) -> Form:
    """Parse a form with up to `files_max` files, which are kept in memory or, if large, in unnamed temporary files.

    If the form has files, `FORM_BYTES_MAX` of the `bytes_max` bytes are reserved for its fields.

    Raises:
        BodyTooLarge: a form without files is longer than `bytes_max`; or a form with files is much longer, or has
            fields of more than `FORM_BYTES_MAX` bytes in total.
        UnreadableBody: the form has too many fields or files, malformed multipart parts, or text that databases cannot
            store: a null byte or a lone surrogate.
        ReportNotKept: the disk of temporary files has no room for a file.
    """
    try:
        with refused_if_full():
            sent, has_oversized_file = await _parse(request, bytes_max, files_max)
        items = sent.multi_items()
        fields = tuple((name, value) for name, value in items if not isinstance(value, UploadFile))
        for name, value in fields:
            (name + value).encode()
    except (MultiPartException, UnicodeError) as fault:
        raise UnreadableBody(ru="форма заполнена неверно", en="the form is malformed") from fault
    if any("\0" in text for field in fields for text in field):
        raise UnreadableBody(ru="нулевой байт недопустим", en="a null byte is not allowed")
    files = tuple((name, value) for name, value in items if isinstance(value, UploadFile))
    if not has_oversized_file:
        return Form(fields, files)
    for _, file in files:
        await file.close()
    return Form(fields, has_oversized_file=True)


async def _parse(request: Request, bytes_max: int, files_max: int) -> tuple[FormData, bool]:
    """Return the fields and files of a form, and whether a file is too large, which is then left out."""
    is_multipart = request.headers.get("content-type", "").startswith("multipart/form-data")
    has_files = files_max > 0 and is_multipart
    counted = _counted(request, bytes_max if has_files else min(bytes_max, FORM_BYTES_MAX), has_files=has_files)
    if not has_files:
        return await counted.form(max_files=files_max, max_fields=FIELDS_MAX), False
    parser = _PartLimits(
        counted.headers, counted.stream(), max_files=files_max, max_fields=FIELDS_MAX, max_part_size=FORM_BYTES_MAX
    )
    parser.bytes_max = bytes_max - FORM_BYTES_MAX
    return await parser.parse(), parser.has_oversized_file


def _counted(request: Request, bytes_max: int, *, has_files: bool) -> Request:
    """Return a request that counts the bytes of its body while the body is received.

    If a form without files is too large, the rest of it, up to `DROPPED_BYTES_MAX_WITHOUT_FILES`, is first received and
    dropped.

    Raises, while the body is received:
        BodyTooLarge: a form without files is longer than `bytes_max`, or a form with files is much longer.
    """
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received <= bytes_max or (has_files and received <= bytes_max + DROPPED_BYTES_MAX_WITH_FILES):
            return message
        if has_files or received > bytes_max + DROPPED_BYTES_MAX_WITHOUT_FILES or not message.get("more_body", False):
            raise BodyTooLarge(bytes_max=bytes_max)
        return {**message, "body": b""}

    return Request(request.scope, receive)
