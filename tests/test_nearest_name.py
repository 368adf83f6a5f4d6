"""A misspelt name is led back to the known one it was meant to be."""

import pytest

from dealtrace.calltouch.parameters import REGISTER, UPDATE_BY_ID
from dealtrace.nearest_name import nearest_name

ON_REGISTER = [parameter.name for parameter in REGISTER]
ON_UPDATE = [parameter.name for parameter in UPDATE_BY_ID]


@pytest.mark.parametrize(
    ("name", "known", "nearest"),
    [
        ("orderNumbr", ON_REGISTER, "orderNumber"),
        ("ordernumber", ON_REGISTER, "orderNumber"),
        ("ORDERNUMBER", ON_REGISTER, "orderNumber"),
        ("order_number", ON_REGISTER, "orderNumber"),
        ("sum", ON_REGISTER, "orderSum"),
        ("phone", ON_REGISTER, "phoneNumber"),
        ("orderStatus", ON_UPDATE, "status"),
        ("orderComment", ON_UPDATE, "comment"),
        ("_", ON_REGISTER, None),
        ("xyzzy", ON_REGISTER, None),
        ("", ON_REGISTER, None),
        ("orderSum", [], None),
    ],
)
def test_it_is_the_most_alike(name: str, known: list[str], nearest: str | None) -> None:
    assert nearest_name(name, known) == nearest
