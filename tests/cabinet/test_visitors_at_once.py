"""Visitors of a shared link who open it all at once: those who are logged in have their reports nevertheless."""

import html
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from cast import Player, Stage
from guests import member_of
from server import ServerProcess, http_client
from stored import is_waiting_for_a_lock
from waiting import wait_until

pytestmark = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True, scope="session")
VISITORS = 4


def test_visitors_take_no_report_from_those_who_are_logged_in(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    guest = member_of(server, served, owner.site.id)
    page = guest.post("settings/shared", name="For all", query="metrics=visits&by=source", days="30")
    found = re.search(r'<pre id="secret">([^<]+)</pre>', page.text)
    assert found is not None
    url = html.unescape(found[1])

    def visit(_: int) -> int:
        with http_client() as http:
            return http.get(url).status_code

    assert visit(0) == 200
    with ThreadPoolExecutor(VISITORS) as threads:
        with served.database.write() as connection:
            connection.execute(text("LOCK TABLE visit IN ACCESS EXCLUSIVE MODE"))
            visitors = [threads.submit(visit, number) for number in range(VISITORS)]
            wait_until(lambda: is_waiting_for_a_lock(served.database))
            wait_until(lambda: any(visitor.done() for visitor in visitors))  # one waited for its turn in vain
            assert guest.get("reports.csv", metrics="cost").status_code == 200
        assert {visitor.result() for visitor in visitors} == {200, 503}
