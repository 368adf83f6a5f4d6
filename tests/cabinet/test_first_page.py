"""The first page that the first user sees: the steps to connect the site, open or done."""

import re
from collections.abc import Callable
from pathlib import Path

from guests import PASSWORD, text_of
from server import ServerProcess

LINK = re.compile(r"http://127\.0\.0\.1:\d+(/cabinet/welcome)\?key=(\S+)")
STEPS = ["Counter on the pages", "Calls from the PBX", "Lead requests from forms", "Deals from the CRM"]


def steps_on(page: str) -> list[tuple[str, str, bool]]:
    """List the steps of a page: the sign and the title of each, and whether it has a line to copy."""
    return [
        (sign, title, "<pre>" in rest)
        for sign, title, rest in re.findall(r"<li>([○✓]) <strong>([^<]*)</strong>(.*?)</li>", page, re.DOTALL)
    ]


ZEROS = ('class="figures"', "<table>", "Sources by money", 'name="period"')
"""What a page without data would show zeros in."""


def test_the_one_time_link_leads_to_the_steps_that_remain(
    start_server_on: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = start_server_on(f"sqlite:///{tmp_path / 'own.db'}")
    link, token = LINK.search(server.printed), re.search(r"clientApiId=([\w-]+)", server.printed)
    assert link is not None
    assert token is not None
    server.http.headers["accept-language"] = "en"
    form = {"key": link[2], "login": "anna@example.org", "password": PASSWORD}
    first = server.http.post(link[1], data=form, headers={"sec-fetch-site": "same-origin"}, follow_redirects=True)
    assert first.status_code == 200
    assert first.url.path == "/cabinet/1/"
    assert text_of(first.text).index("What remains to be connected") < text_of(first.text).index("Deals from the CRM")
    assert steps_on(first.text) == [("○", title, True) for title in STEPS]
    assert text_of(first.text).count("no data yet") == len(STEPS)
    assert f"{server.url}/counter/1.js" in first.text
    assert token[1] not in first.text, "a secret is shown once"
    for words in ZEROS:
        assert words not in first.text, words

    assert server.register(token[1]).status_code == 200
    then = server.http.get("/cabinet/1/").text
    assert re.search(r"✓ Deals from the CRM first at [\w ,:]+, last [\w ]+ ago", text_of(then))
    assert steps_on(then) == [*(("○", title, True) for title in STEPS[:3]), ("✓", STEPS[3], False)]
    assert "What remains to be connected" not in then
    for words in ZEROS:
        assert words in then, words
    assert "Connections" in then
