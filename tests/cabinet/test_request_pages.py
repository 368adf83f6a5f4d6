"""The pages of the journal of requests: filters, refusals, and the way to earlier requests."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from account_work import account_work
from cast import Player, Stage, moscow
from commands import Terminal
from dealtrace.accounts.api_request import ApiRequest
from dealtrace.cabinet.requests import SEARCHED_MAX, SHOWN
from dealtrace.operations.accounts.issue_token import issue_token
from dealtrace.storage.accounts.api_requests import OmittedRequests, insert_omitted
from dealtrace.storage.schema.tables.requests import api_request_batch
from engines import on_one_engine
from guests import Guest, member_of, text_of
from server import ServerProcess
from stored import journal

pytestmark = on_one_engine
MORNING = moscow("2018-03-26", "09:00:00")
MANY = 130
NO_SITE = 0


def request(player: Player, number: int, path: str = "/register", **fields: object) -> ApiRequest:
    """Return a request of a site: the `number`th minute of the morning, accepted unless `fields` say otherwise."""
    made = {
        "site_id": player.site.id, "at": MORNING + timedelta(minutes=number),
        "request_id": f"p{player.site.id}-{number:05}", "token_id": player.token_id, "method": "GET", "path": path,
        "parameters": {"orderNumber": f"N-{number:03}"}, "status": 200, "code": None, "reason_ru": None,
        "reason_en": None, "duration": timedelta(milliseconds=12),
    }  # fmt: skip
    return ApiRequest(**{**made, **fields})  # type: ignore[arg-type]


def store(stage: Stage, *requests: ApiRequest) -> None:
    journal(stage.database, requests)


def issue(served: Stage, player: Player) -> int:
    """Issue a second token, and return its id."""
    served.ids.ensure(10)
    with served.database.write() as connection:
        return int(
            issue_token(account_work(connection, datetime.now(UTC), served.ids), player.site.id, "warehouse").token.id
        )


@pytest.fixture
def other_token(served: Stage, owner: Player) -> int:
    """Issue a second token, and return its id."""
    return issue(served, owner)


@pytest.fixture
def boss(server: ServerProcess, served: Stage, owner: Player, stranger: Player, other_token: int) -> Guest:
    """Journal four requests of a site and one of its neighbour; log an owner of the site in."""
    refused = {"status": 400, "code": 1, "reason_ru": "дата не похожа на дату", "reason_en": "the date is not a date"}
    store(
        served,
        request(owner, 1),
        request(owner, 2, "/update", token_id=other_token),
        request(owner, 3, "/update", **refused),
        request(owner, 60 * 24, "/delete"),
        request(stranger, 4, "/of-the-neighbour"),
    )
    return member_of(server, served, owner.site.id)


def numbers_on(page: str) -> list[str]:
    """List the deals' numbers in the parameters of the requests, in the order of the page."""
    return re.findall(r"<dd>N-(\d+)</dd>", page)


def test_requests_are_shown_latest_first_with_tokens_answers_and_reasons(boss: Guest) -> None:
    page = boss.get("requests").text
    assert numbers_on(page) == ["1440", "003", "002", "001"]
    shown = text_of(page)
    for words in ("GET /delete", "warehouse", "400 the date is not a date", "Europe/Moscow", " 12 "):
        assert words in shown
    assert "/of-the-neighbour" not in page
    assert "Earlier requests" not in page


def test_each_request_is_shown_with_how_long_it_took(server: ServerProcess, served: Stage, owner: Player) -> None:
    took = {1: timedelta(microseconds=4_567_499), 2: timedelta(microseconds=400), 3: timedelta(seconds=61)}
    store(served, *(request(owner, number, duration=duration) for number, duration in took.items()))
    page = member_of(server, served, owner.site.id).get("requests").text
    assert re.findall('<th scope="col" class="value">([^<]+)</th>', page) == ["ms"]
    assert re.findall('<td class="value">([^<]+)</td>', page) == ["61000", "0", "4567"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"path": "upd"}, ["003", "002"]),
        ({"path": " /delete "}, ["1440"]),
        ({"path": "%"}, []),
        ({"text": "N-002"}, ["002"]),
        ({"text": "not a date"}, ["003"]),
        ({"refused": "1"}, ["003"]),
        ({"from": "2018-03-27"}, ["1440"]),
        ({"to": "2018-03-26"}, ["003", "002", "001"]),
        ({"from": "2018-03-26", "to": "2018-03-26", "path": "register"}, ["001"]),
        ({"from": "2018-03-28"}, []),
        ({"before_at": "x"}, ["1440", "003", "002", "001"]),
        ({"before_at": "0001-01-01T00:00:00+14:00"}, ["1440", "003", "002", "001"]),
        ({"before_at": "9999-12-31T23:59:59-14:00"}, ["1440", "003", "002", "001"]),
    ],
    ids=str,
)
def test_filters_keep_the_requests_that_match_and_stay_in_the_form(
    boss: Guest, query: dict[str, str], expected: list[str]
) -> None:
    page = boss.get("requests", **query).text
    assert numbers_on(page) == expected
    assert ("No requests found." in page) == (not expected)
    for name in ("path", "text", "from", "to"):
        if name in query:
            assert f'name="{name}" value="{html.escape(query[name])}"' in page


def test_a_token_is_chosen_by_its_label(boss: Guest, other_token: int) -> None:
    page = boss.get("requests", token=str(other_token)).text
    assert numbers_on(page) == ["002"]
    assert f'<option value="{other_token}" selected>warehouse</option>' in page


def test_earlier_requests_come_a_page_at_a_time_under_the_same_filters(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    store(served, *(request(owner, number, "/many" if number % 10 else "/few") for number in range(MANY)))
    boss = member_of(server, served, owner.site.id)
    seen, page = list[str](), boss.get("requests", path="many").text
    while True:
        numbers = numbers_on(page)
        assert 0 < len(numbers) <= 100
        seen += numbers
        earlier = re.search(r'<a [^>]*href="([^"]*)">Earlier requests</a>', page)
        if earlier is None:
            break
        page = boss.follow(html.unescape(earlier[1])).text
    assert seen == [f"{number:03}" for number in reversed(range(MANY)) if number % 10]


def test_requests_that_name_no_site_are_for_owners_of_the_installation(
    server: ServerProcess, served: Stage, owner: Player, boss: Guest
) -> None:
    path = f"/lost-{owner.site.id}"
    store(served, request(owner, 7, path, site_id=NO_SITE, token_id=None, status=403, reason_en="unknown token"))
    chief = member_of(server, served, owner.site.id, None)
    shown = text_of(chief.get("/requests", path=path).text)
    assert f"GET {path}" in shown
    assert "403 unknown token" in shown
    assert "UTC" in shown
    assert f'href="/cabinet/requests?site={owner.site.id}"' in chief.get("requests").text
    found = chief.get("/requests", site=str(owner.site.id), path=path).text
    assert f'href="/cabinet/{owner.site.id}/requests">Requests — {owner.site.name}' in found
    assert f'name="site" value="{owner.site.id}"' in found, "the form keeps the way back"
    assert "When (UTC)" in text_of(found)
    assert path not in boss.get("requests").text
    assert boss.get("/requests").status_code == 404


@pytest.fixture
def omitted(served: Stage) -> Iterator[int]:
    """Count requests without a site that were not kept today; forget them afterwards, as other tests share the page."""
    count, now = 12_345, datetime.now(UTC)
    with served.database.write() as connection:
        insert_omitted(connection, NO_SITE, OmittedRequests(count, now - timedelta(days=1, seconds=1), "yesterday"))
        insert_omitted(connection, NO_SITE, OmittedRequests(count - 345, now, "a"))
        insert_omitted(connection, NO_SITE, OmittedRequests(345, now, "b"))
    yield count
    with served.database.write() as connection:
        counted = api_request_batch.c.first_id.in_(["-yesterday", "-a", "-b"])
        connection.execute(delete(api_request_batch).where(api_request_batch.c.site_id == NO_SITE, counted))


@pytest.mark.parametrize(("language", "words"), [("en", "Not kept: 12 345."), ("ru", "Не записано: 12 345.")])
def test_the_page_says_how_many_requests_without_a_site_were_not_kept(
    server: ServerProcess, served: Stage, owner: Player, boss: Guest, omitted: int, language: str, words: str
) -> None:
    assert omitted == 12_345
    chief = member_of(server, served, owner.site.id, None, language=language)
    assert words in text_of(chief.get("/requests").text).replace("\u00a0", " ")
    assert "12" + chr(0xA0) + "345" not in boss.get("requests").text


def test_the_command_says_how_many_requests_without_a_site_were_not_kept(
    beside: Terminal, owner: Player, omitted: int
) -> None:
    assert omitted == 12_345
    assert "12,345 requests without a site" in beside.run("requests", "tail").err
    beside.done("requests", "tail", "--site", str(owner.site.id))  # says nothing


def test_a_search_looks_at_a_part_of_the_journal_and_goes_on(server: ServerProcess, served: Stage) -> None:
    busy = served.open_site()
    seldom = issue(served, busy)
    store(served, request(busy, 0, status=400, code=1, token_id=seldom))
    for first in range(1, SEARCHED_MAX + 10, 10_000):
        store(served, *(request(busy, number) for number in range(first, first + 10_000)))
    boss = member_of(server, served, busy.site.id)
    for query in ({"refused": "1"}, {"text": "N-000"}, {"token": str(seldom)}):
        page = boss.get("requests", **query)
        assert numbers_on(page.text) == []
        assert f"{SEARCHED_MAX // 1000} 000 requests were searched, back to" in text_of(page.text).replace(
            "\u00a0", " "
        )
        assert "No requests found." not in page.text
        earlier = re.search(r'<a [^>]*href="([^"]*)">Earlier requests</a>', page.text)
        assert earlier is not None
        found = boss.follow(html.unescape(earlier[1])).text
        assert numbers_on(found) == ["000"]
        assert "were searched" not in found
        later = re.search(r'<a [^>]*href="([^"]*)">Later requests</a>', found)
        assert later is not None
        assert "before_at" not in later[1]
    assert "were searched" not in boss.get("requests").text
    assert len(numbers_on(boss.get("requests", path="register").text)) == SHOWN
