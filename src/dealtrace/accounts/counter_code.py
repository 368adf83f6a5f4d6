"""The code of a site's visit counter (eight characters of `0-9a-z`); web pages use it instead of the site's id."""

import re

from dealtrace.errors import InvalidSetting

COUNTER_CODE_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
COUNTER_CODE_LENGTH = 8
_CODE = re.compile(f"[0-9a-z]{{{COUNTER_CODE_LENGTH}}}")


def is_counter_code(text: str) -> bool:
    """Return whether a string has the form of a counter code."""
    return _CODE.fullmatch(text) is not None


def read_counter_code(key: str, text: str) -> str:
    """Return the counter code that an operator typed, converted to lower case.

    Raises:
        InvalidSetting: the string cannot be a counter code.
    """
    code = text.strip().lower()
    if not is_counter_code(code):
        raise InvalidSetting(
            key=key,
            ru="ожидаются восемь знаков из 0-9 и a-z, пример: k3v9x0aq",
            en="eight characters of 0-9 and a-z are expected, for example: k3v9x0aq",
        )
    return code
