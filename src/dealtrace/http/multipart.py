"""Parse bodies in `multipart/form-data`."""

import binascii
import quopri
import re
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from dealtrace.errors import UnreadableBody
from dealtrace.http.query_string import Pairs, bare_name, check_count, note_broken
from dealtrace.plain_text import BYTE_ORDER_MARK

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_LINE_ENDS = re.compile(rb"[\r\n]+")
_NOT_QUOTED = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*(?:\r?\n|\Z))")
"""Matches a sign that content in quoted-printable would have encoded."""
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")


def read_multipart(boundary: bytes, body: bytes) -> Pairs:
    """Return the fields of a multipart body.

    Raises:
        InvalidParameters: there are too many parameters.
        UnreadableBody: the body is not valid multipart.
    """
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError as fault:
        raise UnreadableBody(
            ru="не удалось разобрать части multipart", en="the multipart parts cannot be parsed"
        ) from fault
    if not parts.ended:
        raise UnreadableBody(ru="multipart обрывается до конца", en="the multipart body is incomplete")
    return parts.pairs


class _Parts:
    """Collects the fields of a multipart body from the parser's callbacks; files are ignored."""

    def __init__(self) -> None:
        self.pairs = Pairs()
        self.ended = False
        self._count = 0
        self._header_name = b""
        self._header_value = b""
        self._headers: dict[bytes, bytes] = {}
        self._content = bytearray()

    def callbacks(self) -> "MultipartCallbacks":
        """Return the callbacks of the parser."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._take_header_name,
            "on_header_value": self._take_header_value,
            "on_header_end": self._end_header,
            "on_part_data": self._take_content,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._count += 1
        check_count(self._count)
        self._headers = {}
        self._content = bytearray()

    def _take_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _take_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _take_content(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def _end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = bare_name(options.get(b"name", b"").decode(errors="replace"))
        if not name or b"filename" in options:
            return
        try:
            self.pairs.add(name, self._decoded().decode().lstrip(BYTE_ORDER_MARK))
        except ValueError as fault:
            note_broken(self.pairs, name, fault)

    def _decoded(self) -> bytes:
        """Return the decoded content of a part; some libraries, such as Delphi's Indy, encode it as in e-mails.

        Content that is not encoded as its headers say is returned unchanged.
        """
        content = bytes(self._content)
        encoding = self._headers.get(b"content-transfer-encoding", b"").strip().lower()
        try:
            if encoding == b"base64":
                decoded = binascii.a2b_base64(_LINE_ENDS.sub(b"", content), strict_mode=True)
            elif encoding == b"quoted-printable" and content.isascii() and _NOT_QUOTED.search(content) is None:
                decoded = quopri.decodestring(content)
            else:
                return content
            return content if _CONTROLS.search(decoded.decode()) is not None else decoded
        except ValueError:
            return content

    def _finish(self) -> None:
        self.ended = True
