"""The code of a site's counter."""

import pytest

from dealtrace.accounts.counter_code import is_counter_code, read_counter_code
from dealtrace.errors import InvalidSetting


@pytest.mark.parametrize("text", ["k3v9x0aq", " K3V9X0AQ ", "12345678"])
def test_eight_digits_and_small_letters_are_a_code(text: str) -> None:
    code = read_counter_code("counter", text)
    assert code == text.strip().lower()
    assert is_counter_code(code)


@pytest.mark.parametrize("text", ["", "k3v9x0a", "k3v9x0aqq", "k3v9x0a-", "к3v9x0aq", "k3v9x0aq\n1", "٣٣٣٣٣٣٣٣"])
def test_anything_else_is_refused(text: str) -> None:
    assert not is_counter_code(text)
    with pytest.raises(InvalidSetting):
        read_counter_code("counter", text)
