"""Origins of pages that a site names."""

import pytest

from dealtrace.accounts.cors_origins import ORIGINS_MAX, read_origins
from dealtrace.errors import InvalidSetting


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", ()),
        (" , ", ()),
        ("https://Shop.Example", ("https://shop.example",)),
        ("https://shop.example:443/, http://магазин.рф:8080", ("https://shop.example", "http://xn--80aairftm.xn--p1ai:8080")),
        ("https://straße.de", ("https://xn--strae-oqa.de",)),
        ("https://магазин_1.рф", ("https://xn--_1-6kcaozh1ao.xn--p1ai",)),
        ("http://[::1]:80,http://localhost:3000", ("http://[::1]", "http://localhost:3000")),
        ("https://a.b,https://a.b/", ("https://a.b",)),
    ],
)  # fmt: skip
def test_origins_are_read_as_browsers_write_them(text: str, origins: tuple[str, ...]) -> None:
    assert read_origins("cors_origins", text) == origins


@pytest.mark.parametrize(
    "text",
    [
        "*", "null", "shop.example", "https://a.b/c", "ftp://a.b", "https://", "https://u@a.b", "https://a.b:99999",
        "https://a.b?c", "https://a b", "https://a..b", "https://a.b,shop", "https://a\r\nb",
        ",".join(f"https://a{number}.b" for number in range(ORIGINS_MAX + 1)),
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting):
        read_origins("cors_origins", text)
