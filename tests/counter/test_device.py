"""What a visitor came with."""

import pytest

from dealtrace.counter.device import Equipment, equipment_of

APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "device", "os", "browser"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/120.0.0.0 YaBrowser/24.1.0 Safari/537.36",
         "desktop", "Windows 10", "Yandex Browser 24"),
        (f"Mozilla/5.0 (Linux; Android 13; SM-S901B) {WEBKIT} Chrome/112.0.0.0 Mobile Safari/537.36",
         "mobile", "Android 13", "Chrome Mobile 112"),
        (f"Mozilla/5.0 (Linux; Android 12; SM-X906C) {WEBKIT} Chrome/80.0.3987.119 Safari/537.36",
         "tablet", "Android 12", "Chrome 80"),
        (("Mozilla/5.0 (iPad; CPU OS 16_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.5 "
         "Mobile/15E148 Safari/604.1"), "tablet", "iOS 16", "Mobile Safari 16"),
        ((f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) {APPLE} Version/17.0 "
         "Mobile/15E148 Safari/604.1"), "mobile", "iOS 17", "Mobile Safari 17"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "desktop", "Linux", "Firefox 133"),
        ("okhttp/4.12.0", "", "", "okhttp 4"),
        ("", "", "", ""),
        ("\x00" + "x" * 1000, "", "", ""),
    ],
)  # fmt: skip
def test_it_states_device_system_and_browser(user_agent: str, device: str, os: str, browser: str) -> None:
    assert equipment_of(user_agent) == Equipment(device, os, browser, is_robot=False)


@pytest.mark.parametrize(
    "user_agent",
    [
        "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    ],
)
def test_it_knows_robots(user_agent: str) -> None:
    assert equipment_of(user_agent).is_robot
