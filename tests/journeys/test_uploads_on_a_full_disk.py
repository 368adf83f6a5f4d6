"""Files that people upload to a server whose disk for temporary files is full."""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest

from cast import Stage
from dealtrace.storage.database.engine import open_database
from engines import on_one_engine
from filled_site import CALLS, COST_FORM, COSTS
from guests import Guest, member_of, text_of
from server import ServerProcess

DISK_BYTES = 4 << 20
HEADINGS = {
    "settings/imports": CALLS,
    "costs": COSTS,
    "settings/agreement": "orderNumber;orderDate;orderStatus;sum\nA-1;26.03.2018 10:00:00;Paid;1000\n",
    "settings/rates/import": "Валюта;Дата;Курс\nUSD;26.03.2018;57,5\n",
}
"""Small files by the forms that take them."""
FIELDS = {"settings/imports": {"noun": "call", "encoding": ""}, "costs": COST_FORM}

pytestmark = on_one_engine


@pytest.fixture
def server(
    small_disk: Path, start_server: Callable[..., ServerProcess], monkeypatch: pytest.MonkeyPatch
) -> ServerProcess:
    """Start a server whose temporary files are on a small disk."""
    monkeypatch.setenv("TMPDIR", str(small_disk))
    return start_server()


@pytest.fixture
def boss(server: ServerProcess) -> Iterator[Guest]:
    """Give the owner of a site on that server."""
    with closing(open_database(server.database_url)) as database:
        stage = Stage(database)
        yield member_of(server, stage, stage.open_site().site.id)


def send(guest: Guest, form: str, content: str) -> httpx.Response:
    fields = FIELDS.get(form, {"encoding": ""})
    return guest.send(form, files={"file": ("list.csv", content.encode())}, **fields)


@pytest.mark.parametrize("share", [1.25, 0.65], ids=["while it is received", "while it is stored"])
@pytest.mark.parametrize("form", HEADINGS)
def test_a_file_that_a_full_disk_does_not_hold_is_refused_and_not_stored(
    boss: Guest, server: ServerProcess, small_disk: Path, form: str, share: float
) -> None:
    content = HEADINGS[form]
    answer = send(boss, form, content + "\n" * int(share * DISK_BYTES))
    assert answer.status_code == 503
    assert "temporary files: No space left on device" in text_of(answer.text)
    assert not list(small_disk.glob("dealtrace-uploads-*/*"))
    assert send(boss, form, content).status_code in (200, 303)
    assert "request_broke" not in server.logged


def test_an_import_whose_refused_rows_a_full_disk_does_not_hold_goes_on_later(
    boss: Guest, server: ServerProcess, small_disk: Path
) -> None:
    heading, taken, refused = CALLS.splitlines()
    place = send(boss, "settings/imports", "\n".join((heading, taken, *[refused] * 5_000))).headers["location"]
    path = place.partition(f"/{boss.site_id}/")[2]
    ballast = small_disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as filling:
        while filling.write(b"x" * 4096):
            pass
    answer = boss.send(path)
    assert answer.status_code == 503
    assert "temporary files: No space left on device" in text_of(answer.text)
    ballast.unlink()
    assert "Rows imported 1 Rows refused 5000" in text_of(boss.post(path).text)
    assert "request_broke" not in server.logged
