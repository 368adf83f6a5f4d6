"""Parse whole numbers that are small enough for every client to represent exactly."""

ID_MAX = 2**53 - 1
"""The largest id, and the largest integer that people and programs may send.

JavaScript and 1C represent all integers up to this one exactly.
"""
DIGITS_MAX = len(str(ID_MAX))


def parse_whole_number(text: str, most: int = ID_MAX) -> int | None:
    """Parse a whole number from 0 to `most`; return `None` for any other string.

    Only ASCII digits are read, at most `DIGITS_MAX` of them.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
        return None
    number = int(text)
    return number if number <= most else None
