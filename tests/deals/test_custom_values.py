"""`custom_fields`: only the fields a site has added keep a value."""

import pytest

from dealtrace.deals.custom_fields import split_by_known


@pytest.mark.parametrize(
    ("values", "known", "kept", "unknown"),
    [
        ({}, {"margin"}, {}, ()),
        ({"margin": "10"}, set(), {}, ("margin",)),
        ({"margin": "10"}, {"margin", "city"}, {"margin": "10"}, ()),
        ({"b": "1", "margin": "10", "a": "2"}, {"margin"}, {"margin": "10"}, ("b", "a")),
        ({"margin": ""}, {"margin"}, {"margin": ""}, ()),
        ({"city": "Тверь"}, {"\ufeffcity "}, {"\ufeffcity ": "Тверь"}, ()),
        ({"Margin": "10", "margin ": "10"}, {"margin"}, {}, ("Margin", "margin ")),
    ],
)
def test_it_parts_known_fields_from_unknown_ones(
    values: dict[str, str], known: set[str], kept: dict[str, str], unknown: tuple[str, ...]
) -> None:
    assert split_by_known(values, known) == (kept, unknown)
