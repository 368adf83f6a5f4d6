"""Makes the pictures of `docs/images/`: the pages of the demo, as a browser shows them. Run by `make screenshots`."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from browser import Browser
from cast import Stage
from dealtrace.storage.database.engine import open_database
from guests import Guest, member_of
from server import ServerProcess

IMAGES = Path(__file__).parent.parent / "docs" / "images"
DEMO_SITE = 2
"""The server makes the first site, the demo the second."""


@dataclass(frozen=True)
class Picture:
    """A picture: its file, the page below the site or from the root, the window, the theme and the language."""

    name: str
    page: str
    width: int = 1280
    is_dark: bool = False
    language: str = "en"


def list_pictures(owner: Guest) -> list[Picture]:
    """List the pictures of the site of the demo; the deal is the newest whose lead was found by a contact."""
    deals = re.findall(r"/deals/(\d+)", owner.get("deals", matched="yes").text)
    deal = next(deal for deal in deals if "<svg" in owner.get(f"deals/{deal}").text)
    return [
        Picture("overview.png", ""),
        Picture("overview.ru.png", "", language="ru"),
        Picture("deal.png", f"deals/{deal}"),
        Picture("reports-dark.png", "reports", is_dark=True),
        Picture("docs-phone.png", "/docs", width=360),
    ]


def take_pictures(folder: Path) -> None:
    """Fill a new server with the demo, open each page and keep what the window shows."""
    server = ServerProcess(f"sqlite:///{folder}/dealtrace.db", folder)
    browser, database = Browser(folder), open_database(server.database_url)
    try:
        made = server.command("demo")
        assert made.returncode == 0, made.stderr
        owner = member_of(server, Stage(database), DEMO_SITE, None)
        for picture in list_pictures(owner):
            browser.renew()
            browser.emulate(width=picture.width, is_dark=picture.is_dark, language=picture.language)
            browser.keep_cookie("session", owner.secret, server.url)
            path = picture.page if picture.page.startswith("/") else f"/cabinet/{DEMO_SITE}/{picture.page}"
            browser.open(server.url + path)
            (IMAGES / picture.name).write_bytes(browser.picture())
    finally:
        browser.close()
        database.close()
        server.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        take_pictures(Path(folder))
