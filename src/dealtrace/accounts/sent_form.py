"""Recognise a form that a person sends again, and keep its answer so that only the sender can read it."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import timedelta

ANSWER_AGE_MAX = timedelta(hours=1)
"""Ours: how long a form is recognised if it is sent again: a double click takes a second, a retry a few minutes."""
_ANSWER = b"answer of "


def sent_form_digest(key: str, *parts: str, fields: Iterable[tuple[str, str]]) -> str:
    """Return the hexadecimal digest by which a form that is sent again is recognised; the digest does not reveal `key`.

    `parts` identify the sender of the form and the URL that it was sent to. A form with different fields is a
    different form, because a person may go back to the page, change what they wrote and send the form again.
    """
    lengths_and_texts = (f"{len(text)} {text}" for text in (key, *parts, *(each for field in fields for each in field)))
    return hashlib.sha256("\n".join(lengths_and_texts).encode(errors="surrogatepass")).hexdigest()


def seal_answer(answer: bytes, key: str, digest: str) -> str:
    """Return the answer to a form, readable only with the form's key; `digest` is the digest of the form.

    An answer may contain a secret, such as that of a new token, of which otherwise only a digest is stored. Each form
    has one answer, so no two answers are combined with the same bytes.
    """
    return b64encode(_combined(answer, key, digest)).decode()


def open_answer(sealed: str, key: str, digest: str) -> bytes:
    """Return the answer from which `seal_answer` made `sealed`."""
    return _combined(b64decode(sealed), key, digest)


def _combined(text: bytes, key: str, digest: str) -> bytes:
    """Return the bytes XORed with as many bytes derived from the key; doing so twice gives the original bytes."""
    stream = hashlib.shake_256(_ANSWER + f"{digest} {key}".encode(errors="surrogatepass")).digest(len(text))
    return (int.from_bytes(text) ^ int.from_bytes(stream)).to_bytes(len(text))
