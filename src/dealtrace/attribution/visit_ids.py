"""The ids of visits: unique, and impossible to guess without the secret key of the database."""

import hashlib
from datetime import datetime, timedelta

from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.whole_number import ID_MAX

FIRST_KEYED_ID = 10**12
"""Ours: the first visit id made with a secret key. Lower ids are sequential or the vendor's, and can be guessed."""
VISIT_ID_END = ID_MAX + 1
"""All ids are below this number."""
GUESSABLE_ID_USABLE = timedelta(hours=24)
"""Ours: how long a form without a token may send the guessable id of a visit, counted from the visit's last page."""

_SIZE = VISIT_ID_END - FIRST_KEYED_ID
_LEFT_BITS, _RIGHT_BITS = 26, 27
_LEFT, _RIGHT = 1 << _LEFT_BITS, 1 << _RIGHT_BITS
_ROUNDS = 8


def keyed_visit_id(counter: int, key: bytes) -> VisitId:
    """Return the visit id for the number `counter`; with the same key, different numbers give different ids.

    A Feistel network permutes the 53-bit numbers, and is applied again until the result is in the range of ids.

    Raises:
        ValueError: `counter` is negative or not below the number of ids.
    """
    if not 0 <= counter < _SIZE:
        raise ValueError(counter)
    number = _permuted(counter, key)
    while number >= _SIZE:
        number = _permuted(number, key)
    return VisitId(FIRST_KEYED_ID + number)


def is_usable_without_token(visit_id: VisitId, visit: Visit | None, now: datetime) -> bool:
    """Return whether a form without a token may refer to a visit by its id; `visit` is the stored visit, or `None`.

    Ours: an id that can be guessed is accepted only for `GUESSABLE_ID_USABLE` after the last page of its visit. With a
    token, every id is accepted.
    """
    if visit_id >= FIRST_KEYED_ID:
        return True
    return visit is not None and now - (visit.seen_at or visit.started_at) <= GUESSABLE_ID_USABLE


def _permuted(number: int, key: bytes) -> int:
    left, right = number >> _RIGHT_BITS, number & (_RIGHT - 1)
    for turn in range(0, _ROUNDS, 2):
        left = (left + _scrambled(turn, right, key)) % _LEFT
        right = (right + _scrambled(turn + 1, left, key)) % _RIGHT
    return (left << _RIGHT_BITS) + right


def _scrambled(turn: int, half: int, key: bytes) -> int:
    message = turn.to_bytes(1, "big") + half.to_bytes(4, "big")
    return int.from_bytes(hashlib.blake2b(message, digest_size=8, key=key).digest(), "big")
