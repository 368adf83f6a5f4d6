"""Browsers by the names that people know them by."""

import pytest

from dealtrace.cabinet.users.browsers import browser_name

KHTML = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KHTML} Chrome/142.0.0.0 Safari/537.36", "Chrome 142, Windows"),
        (
            f"Mozilla/5.0 (X11; Linux x86_64) {KHTML} Chrome/130.0 YaBrowser/25.2.0 Safari/537.36",
            "Яндекс Браузер 25, Linux",
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) {KHTML} Chrome/142.0 Safari/537.36 Edg/142.0",
            "Edge 142, macOS",
        ),
        ("Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", "Firefox 145, Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1",
            "Safari 18, iPhone",
        ),
        ("python-httpx/0.28.1", "python-httpx/0.28.1"),
        ("x" * 500, "x" * 40),
        ("", ""),
    ],
)
def test_it_names_the_browser_and_the_system(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
