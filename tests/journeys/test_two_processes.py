"""Two server processes on one PostgreSQL, asked for the same at the same moment."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import text

from cast import Player, Stage, moscow
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.database.engine import open_database
from postgresql import PostgresqlServer
from server import REGISTER, REST, UPDATE, ServerProcess, deal_parameters, http_client
from write_commands import registration

NUMBERS = 25
CALLERS = 6
POINTS = 40


@pytest.fixture(scope="module")
def pair(postgresql_server: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server of two processes."""
    url = postgresql_server.create(f"pair{time.time_ns()}", "dealtrace_template")
    server = ServerProcess(url, tmp_path_factory.mktemp("pair"), workers=2)
    yield server
    server.close()


@pytest.fixture
def stage(pair: ServerProcess) -> Iterator[Stage]:
    opened = open_database(pair.database_url)
    yield Stage(opened)
    opened.close()


def together(work: "list[list[dict[str, str]]]", server: ServerProcess, path: str) -> list[httpx.Response]:
    """Let several callers send their requests at once, each request on a connection of its own."""
    answers: list[httpx.Response] = []
    start = threading.Barrier(len(work))

    def call(requests: list[dict[str, str]]) -> None:
        start.wait(timeout=30)
        for parameters in requests:
            with http_client(server.url, timeout=60) as http:
                answers.append(http.get(path, params=parameters))

    threads = [threading.Thread(target=call, args=(requests,)) for requests in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive()
    return answers


def processes(answers: list[httpx.Response]) -> set[str]:
    return {answer.headers["x-request-id"].partition("-")[0] for answer in answers}


def test_the_same_numbers_make_one_deal_each_whoever_is_asked(pair: ServerProcess, stage: Stage) -> None:
    player = stage.open_site()
    same = [dict(deal_parameters(player.token, orderNumber=f"same{number}")) for number in range(NUMBERS)]
    answers = together([list(same) for _ in range(CALLERS)], pair, REGISTER)
    assert Counter(answer.status_code for answer in answers) == {200: NUMBERS * CALLERS}
    assert len(processes(answers)) == 2
    ids = defaultdict(set)
    for answer in answers:
        ids[answer.json()["orderNumber"]].add(answer.json()["orderId"])
    assert all(len(found) == 1 for found in ids.values())
    with stage.database.read() as connection:
        of_site = {"site_id": player.site.id}
        deals = connection.execute(text("SELECT count(*) FROM deal WHERE site_id = :site_id"), of_site).scalar_one()
        versions = connection.execute(
            text("SELECT count(*) FROM deal_version WHERE site_id = :site_id"), of_site
        ).scalar_one()
        points = text("SELECT sum(spent) FROM points_day WHERE site_id = :site_id")
        spent = connection.execute(points, of_site).scalar_one()
    assert (deals, versions, spent) == (NUMBERS, NUMBERS, NUMBERS)


def test_different_deals_of_one_number_let_one_win(pair: ServerProcess, stage: Stage) -> None:
    player = stage.open_site()
    work = [
        [dict(deal_parameters(player.token, orderNumber=f"race{n}", orderSum=str(caller))) for n in range(20)]
        for caller in range(CALLERS)
    ]
    answers = together(work, pair, REGISTER)
    assert Counter(answer.status_code for answer in answers) == {200: 20, 400: 20 * (CALLERS - 1)}
    assert {answer.json()["errorCode"] for answer in answers if answer.status_code == 400} == {"10042"}


def test_points_are_exact_across_processes(pair: ServerProcess, stage: Stage) -> None:
    player = stage.open_site(points_per_day=POINTS)
    work = [
        [dict(deal_parameters(player.token, orderNumber=f"points{caller}-{n}")) for n in range(20)]
        for caller in range(CALLERS)
    ]
    answers = together(work, pair, REGISTER)
    assert len(processes(answers)) == 2
    assert Counter(answer.status_code for answer in answers) == {200: POINTS, 429: 20 * CALLERS - POINTS}


SITES = 4


def test_several_sites_asked_of_both_processes_lock_nobody_out(pair: ServerProcess, stage: Stage) -> None:
    players = [stage.open_site() for _ in range(SITES)]
    work = [
        [
            dict(deal_parameters(player.token, orderNumber=f"sites{caller}-{n}"))
            for n in range(5)
            for player in (players if caller % 2 else reversed(players))
        ]
        for caller in range(CALLERS)
    ]
    answers = together(work, pair, REGISTER)
    assert len(processes(answers)) == 2
    assert Counter(answer.status_code for answer in answers) == {200: 5 * SITES * CALLERS}
    with stage.database.read() as connection:
        for player in players:
            of_site = {"site_id": player.site.id}
            deals = connection.execute(text("SELECT count(*) FROM deal WHERE site_id = :site_id"), of_site)
            spent = connection.execute(text("SELECT sum(spent) FROM points_day WHERE site_id = :site_id"), of_site)
            assert (deals.scalar_one(), spent.scalar_one()) == (5 * CALLERS, 5 * CALLERS)
    metrics = pair.http.get("/metrics").text
    assert 'dealtrace_write_retries_total{reason="deadlock"}' not in metrics


DEALS = 60
PAGE = 3


@pytest.mark.few(1)
@pytest.mark.parametrize("journal", ["orders-diary/orders", "calls-diary/calls", "requests"])
def test_a_journal_read_through_both_processes_while_others_write_is_exact(
    pair: ServerProcess, stage: Stage, journal: str
) -> None:
    """What is written meanwhile falls before the reader's place, where counted offsets would show rows twice."""
    player = stage.open_site()
    for number in range(DEALS):
        write_row(stage, player, number, minute=20 + number // 2)
    seen: list[str] = []
    sent: set[str] = set()
    page = 0
    day, path = "26/03/2018", f"{REST}/{player.site.id}/{journal}"
    if journal == "requests":
        day, path = "03/26/2018", f"{REST}/requests"
    while len(seen) < DEALS:
        page += 1
        with http_client(pair.url, timeout=60) as http:
            answer = http.get(
                path,
                params={
                    "clientApiId": player.token,
                    "dateFrom": day,
                    "dateTo": day,
                    "page": page,
                    "limit": PAGE,
                },
            )
        assert answer.status_code == 200, answer.text
        sent |= processes([answer])
        records = answer.json() if journal == "requests" else answer.json()["records"]
        assert records, f"page {page} is empty after {len(seen)} rows"
        seen += [
            str(next(record[key] for key in ("orderId", "callId", "requestId") if key in record)) for record in records
        ]
        for extra in range(3):
            write_row(stage, player, DEALS + page * 3 + extra, minute=extra)
    assert len(sent) == 2, "both processes answered"
    assert len(seen) == len(set(seen)) == DEALS


def write_row(stage: Stage, player: Player, number: int, *, minute: int) -> None:
    at = moscow("2018-03-26", f"12:{minute:02}:00")
    stage.perform(register_deals, player, registration(f"row{number}", happened_at=at), now=at)
    stage.call(player, at, phone=f"7920{number:07}")
    stage.lead_request(player, at, phone=f"7921{number:07}")


def test_changes_of_one_deal_follow_each_other_and_none_is_lost(pair: ServerProcess, stage: Stage) -> None:
    player = stage.open_site()
    deal_id = pair.register(player.token, orderNumber="changed by all").json()["orderId"]
    work = [
        [
            {
                "clientApiId": player.token,
                "orderId": str(deal_id),
                "status": f"status {caller}-{n}",
                "tags": f"{caller},{n}",
            }
            for n in range(15)
        ]
        for caller in range(CALLERS)
    ]
    answers = together(work, pair, UPDATE)
    assert Counter(answer.status_code for answer in answers) == {200: 15 * CALLERS}
    with stage.database.read() as connection:
        of_deal = {"deal_id": deal_id}
        versions = list(
            connection.execute(
                text("SELECT version FROM deal_version WHERE deal_id = :deal_id ORDER BY version"), of_deal
            ).scalars()
        )
        tags = connection.execute(text("SELECT count(*) FROM deal_tag WHERE deal_id = :deal_id"), of_deal).scalar_one()
    assert versions == list(range(1, 15 * CALLERS + 2))
    assert tags == 2
