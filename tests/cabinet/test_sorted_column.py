"""The column by which a table is sorted stays in sight, however wide the table and however narrow the window."""

import pytest

from browser import Browser
from filled_site import FilledSite
from server import ServerProcess

METRICS = "visits,clicks,leads,calls,requests,deals,won,lost,amount,won_amount,average,cost,cpc,cpl,cpo,drr,cac"
SEEN = """(() => {
  const box = document.querySelector('[aria-label=Report]');
  const [left, right] = [box.getBoundingClientRect().left, box.getBoundingClientRect().right];
  const rows = [...box.querySelectorAll('thead tr, tbody tr')].filter((row) => row.querySelector('.sorted'));
  const sorted = rows.map((row) => row.querySelector('.sorted').getBoundingClientRect());
  const firsts = rows.map((row) => row.cells[0].getBoundingClientRect());
  return {
    isWider: box.scrollWidth > box.clientWidth,
    rows: rows.length,
    all: box.querySelectorAll('thead tr, tbody tr').length,
    isSeen: sorted.every((each, place) => each.left >= firsts[place].right - 1 && each.right <= right + 1),
  };
})()"""
"""Whether the sorted cell of every row is within the table's window and beside the first cell of its row."""


@pytest.mark.parametrize("runs_scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize(
    "question",
    [
        f"by=source&metrics={METRICS}&sort=-cac",
        f"by=source,medium&metrics={METRICS}&sort=cac",
        f"by=source,medium&metrics={METRICS}",
        f"by=source,medium&metrics={METRICS}&sort=-medium",
        "by=source&pivot=day&metrics=visits",
    ],
)
def test_the_sorted_column_is_seen(
    host: ServerProcess, site: FilledSite, browser: Browser, question: str, width: int, *, runs_scripts: bool
) -> None:
    browser.emulate(width=width, runs_scripts=runs_scripts)
    browser.keep_cookie("session", site.owner.secret, host.url)
    browser.open(f"{host.url}/cabinet/{site.player.site.id}/reports?{question}&period=28d")
    found = browser.run(SEEN)
    assert found["isWider"] or width > 360, "else nothing is tried"
    assert found["rows"] == found["all"] > 1
    assert found["isSeen"]
