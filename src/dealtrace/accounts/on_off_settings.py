"""Convert settings with two states to the strings `on` and `off` and back."""

from dealtrace.errors import InvalidSetting

_ON, _OFF = "on", "off"


def switch_text(*, is_on: bool) -> str:
    """Return `on` or `off`, the string that is shown and stored for a setting with two states."""
    return _ON if is_on else _OFF


def read_switch(key: str, text: str) -> bool:
    """Return `True` for on, `False` for off.

    Raises:
        InvalidSetting: `text` is neither on nor off.
    """
    if text not in (_ON, _OFF):
        raise InvalidSetting(key=key, ru="ожидается on или off", en="on or off is expected")
    return text == _ON
