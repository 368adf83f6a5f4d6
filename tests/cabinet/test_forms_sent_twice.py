"""A form that is sent twice makes one thing, and the second answer is the first, whatever the form makes."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from threading import Barrier
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import func, select, update

from cast import Stage
from dealtrace.cabinet.routes import PAGES
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.schema.tables.all_tables import metadata
from dealtrace.storage.schema.tables.control import sent_form
from dealtrace.storage.schema.tables.marks import mirror_mark
from dealtrace.storage.schema.tables.requests import api_request_batch
from filled_site import ALERT, FilledSite, fill_site
from guests import PASSWORD, Guest, key_in, member_of, text_of
from page_forms import Reader
from server import ServerProcess

NUMBERS = count(1)
DEMO = "/demo"
SITE, ROOT = "/{site:int}", "/{site:int}/settings"
REPORT = "by=source&metrics=deals&period=28d"
FORMULA = {"kind": "formula", "formula": "amount / deals"}
Fields = Mapping[str, str]


def own_host(name: str) -> Fields:
    """Return the fields of a host of one's own, whose forecast the person has seen."""
    return {"kind": "own", "host": f"{name}.example", "agreed": f"+ own {name}.example"}


def column(name: str) -> Fields:
    """Return the fields of a column, whose total the person has seen."""
    return {"name": name, **FORMULA, "agreed": f'["{name}", "formula", [], "amount / deals", ""]'}


def alert(name: str) -> Fields:
    """Return the fields of an alert, whose incidents of the last 30 days the person has seen."""
    address = f"{name}@example.com"
    return {**ALERT, "recipients": address, "agreed": f'["above day 3 deals", [], [["{address}", "en", null]]]'}


MAKING: Sequence[tuple[str, str, Callable[[str], Fields]]] = (
    (f"{ROOT}/tokens", f"{ROOT}/tokens", lambda name: {"label": name}),
    (f"{ROOT}/fields", f"{ROOT}/fields", lambda name: {"name": name}),
    (f"{ROOT}/columns", f"{ROOT}/columns", column),
    (f"{ROOT}/hosts", f"{ROOT}/hosts", own_host),
    (f"{ROOT}/webhooks", f"{ROOT}/webhooks", lambda name: {"url": f"https://crm.example/{name}", "style": "json"}),
    (f"{ROOT}/webhooks", f"{ROOT}/webhooks", lambda name: {"url": f"https://crm.example/{name}", "style": "form"}),
    (f"{ROOT}/alerts", f"{ROOT}/alerts", alert),
    (
        f"{ROOT}/mail-reports",
        f"{ROOT}/mail-reports",
        lambda name: {
            "title": name, "question": "metrics=deals", "rhythm": "daily", "hour": "9", "recipients": "a@example.com"
        },
    ),
    (f"{SITE}/reports?{REPORT}", f"{ROOT}/shared", lambda name: {"name": name, "query": REPORT, "days": "30"}),
    (f"{SITE}/reports?{REPORT}", f"{SITE}/reports/saved", lambda name: {"name": name, "whose": "site"}),
    (
        f"{SITE}/reports?{REPORT}&filter=source:is:yandex",
        f"{SITE}/reports/segments",
        lambda name: {"name": name, "whose": "site"},
    ),
    (f"{SITE}/notes", f"{SITE}/notes", lambda name: {"day": "2026-03-01", "text": name}),
    (f"{ROOT}/rates", f"{ROOT}/rates", lambda name: {"currency": name, "rubles": "2", "since": "2026-03-01"}),
    (f"{ROOT}/users", f"{ROOT}/users/invitation", lambda _name: {"role": "reader"}),
    (f"{ROOT}/users", f"{ROOT}/users/password", lambda _name: {}),
    ("/users", "/users/invitation", lambda _name: {}),
    ("/users/{user:int}", "/users/{user:int}/password", lambda _name: {}),
    ("/sites", "/sites", lambda name: {"name": name, "timezone": "Europe/Moscow"}),
    (DEMO, DEMO, lambda _name: {}),
)  # fmt: skip
"""The page with each form that makes something, where it is sent, and what makes something new."""
IDS = [f"{number}{action}" for number, (_, action, _) in enumerate(MAKING)]
ONCE = {
    "/login/code": "a code counts once",
    "/welcome": "the link counts once",
    "/invitation": "the link counts once",
    "/password": "the link counts once",
    "/profile/password": "the password is another one afterwards",
    "/profile/second-factor": "the factor is set up already afterwards",
    "/profile/second-factor/off": "the factor is gone afterwards",
    "/profile/recovery-codes": "the codes before are void",
    "/profile/sessions": "the session is ended",
    f"{SITE}/costs/remove": "they are gone",
    f"{SITE}/notes/remove": "it is gone", f"{ROOT}/tokens/revoke": "it is gone", f"{ROOT}/fields/remove": "it is gone",
    f"{ROOT}/columns/remove": "it is gone", f"{ROOT}/hosts/remove": "it is gone", f"{ROOT}/rates/remove": "it is gone",
    f"{ROOT}/mail-reports/remove": "it is gone", f"{ROOT}/mail-reports/leave": "it is left",
    f"{ROOT}/shared/revoke": "it is gone", f"{ROOT}/users/revoke": "it is gone", "/users/revoke": "it is gone",
    "/users/{user:int}/delete": "the user is gone", "/demo/remove": "the demo is gone",
    f"{SITE}/reports/saved/change": "it has another name", f"{SITE}/reports/segments/change": "it has another name",
    f"{ROOT}/webhooks/{{webhook}}": "it has another secret, or a test is sent",
    f"{ROOT}/alerts/{{alert}}": "it is gone, or a test is sent", f"{ROOT}/mail-reports/{{report}}": "as its list does",
}  # fmt: skip
"""Forms that make nothing, but would be refused, or do something else, when they are sent again."""
SAME = {
    "/language": "the same language", "/logout": "logged out", "/profile/keys": "the same choice",
    "/login": "its session is new, and the browser keeps one", "/unsubscribe/{key}": "the same choice",
    f"{SITE}/deals/{{deal:int}}": "says what is so already", f"{SITE}/leads/missed": "the same mark",
    f"{SITE}/leads/{{kind}}/{{lead:int}}": "the same notes", f"{SITE}/people/{{client:int}}/data": "erased already",
    f"{ROOT}/site": "the same settings", f"{ROOT}/statuses": "the same meaning", f"{ROOT}/past": "runs once at a time",
    f"{ROOT}/imports": "a preview, which makes nothing", f"{ROOT}/imports/{{key}}": "a file is imported once",
    f"{ROOT}/imports/undo/{{number:int}}": "taken back already",
    f"{ROOT}/rates/import": "the same rates", f"{ROOT}/agreement": "a comparison, which makes nothing",
    f"{SITE}/costs": "a preview, which makes nothing", f"{SITE}/costs/{{key}}": "a file is imported once",
    "/users/second-factor": "the same choice", "/users/{user:int}/role": "the same role",
    "/users/{user:int}/ownership": "the same choice", "/users/{user:int}/second-factor": "turned off already",
    f"{ROOT}/users/role": "the same role",
    f"{ROOT}/users/logout": "logged out already", "/users/{user:int}/logout": "logged out already",
}  # fmt: skip
"""Forms that may be sent twice, since they say what is to be so afterwards."""
UNCOUNTED = (sent_form, api_request_batch, mirror_mark)
"""Tables that are filled beside forms."""
OF_A_DEMO = ("site", "token", "membership", "demo")
"""The tables that the form of a demo fills; the others are filled in the background."""


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> Iterator[FilledSite]:
    """Give a site with something on every page, and leave no demo behind for other tests of the server."""
    made = fill_site(server, served)
    yield made
    remove_demos(made)


def new_name() -> str:
    """Return a name that nothing has yet."""
    return f"twice{next(NUMBERS)}"


def form_on(filled: FilledSite, page: str, action: str, fields: Fields) -> dict[str, str]:
    """Return what a browser sends of the form of a page when a person fills in these fields."""
    if page == DEMO:
        remove_demos(filled)
    answer = filled.owner.http.get(filled.path_of(page))
    forms = [form for form in Reader(answer.text).forms if form.action == filled.path_of(action)]
    form = next(form for form in forms if "form_key" in form.fields)
    hidden = {name: each.value for name, each in form.fields.items() if each.kind == "hidden"}
    checked = {name: each.chosen[0] for name, each in form.fields.items() if each.chosen}
    listed = {name: each.choices[0] for name, each in form.fields.items() if each.kind == "select" and each.choices}
    button = dict([form.button] if form.button[0] and form.button[0] not in ("agreed", "act") else [])
    return {**hidden, **listed, **checked, **button, **fields}


def remove_demos(filled: FilledSite) -> None:
    """Remove all demos, since only one may have a site of its own."""
    for site_id in re.findall(r'name="site" value="([0-9]+)"', filled.owner.get(DEMO).text):
        assert filled.owner.send(f"{DEMO}/remove", site=site_id, with_others="on").is_redirect


def send(guest: Guest, path: str, sent: Mapping[str, str]) -> httpx.Response:
    """Send a form as a browser does."""
    return guest.http.post(path, data=dict(sent), headers={"sec-fetch-site": "same-origin"})


def rows(stage: Stage, action: str) -> dict[str, int]:
    """Return how many rows each table has."""
    with stage.database.read() as connection:
        tables = [table for table in metadata.sorted_tables if table not in UNCOUNTED]
        listed = [table for table in tables if action != DEMO or table.name in OF_A_DEMO]
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in listed
        }


def shown(answer: httpx.Response) -> tuple[int, str, str]:
    """Return what a person sees of an answer."""
    return answer.status_code, answer.headers.get("location", ""), answer.text


@pytest.mark.few(5)
@pytest.mark.parametrize(("page", "action", "fields"), MAKING, ids=IDS)
def test_a_form_sent_twice_makes_one_thing_and_shows_it_twice(
    served: Stage, filled: FilledSite, page: str, action: str, fields: Callable[[str], Fields]
) -> None:
    path, start = filled.path_of(action), Barrier(2)
    alone = form_on(filled, page, action, fields(new_name()))
    begun = rows(served, action)
    first = send(filled.owner, path, alone)
    assert first.status_code in (200, 303), text_of(first.text)
    made = rows(served, action)
    assert made != begun
    assert shown(send(filled.owner, path, alone)) == shown(first)
    assert rows(served, action) == made

    sent = form_on(filled, page, action, fields(new_name()))
    before = rows(served, action)

    def press() -> httpx.Response:
        start.wait()
        return send(filled.owner, path, sent)

    with ThreadPoolExecutor(2) as threads:
        pressed, again = [each.result() for each in [threads.submit(press) for _ in range(2)]]
    assert shown(pressed) == shown(again)
    after = rows(served, action)
    assert after != before
    assert {name for name in after if after[name] - before[name] > made[name] - begun[name]} == set()


def test_a_refused_form_may_be_sent_again_with_its_key(filled: FilledSite) -> None:
    path = filled.path_of(f"{SITE}/notes")
    sent = form_on(filled, f"{SITE}/notes", f"{SITE}/notes", {"day": "never", "text": "mended"})
    assert send(filled.owner, path, sent).status_code == 400
    assert send(filled.owner, path, {**sent, "day": "2026-03-01"}).status_code == 303
    assert text_of(filled.owner.get("notes").text).count("mended") == 1


def test_the_same_page_makes_another_thing_if_something_else_is_typed(filled: FilledSite) -> None:
    path = filled.path_of(f"{SITE}/notes")
    sent = form_on(filled, f"{SITE}/notes", f"{SITE}/notes", {"day": "2026-03-01", "text": "gone back"})
    for text in ("gone back", "and written anew"):
        assert send(filled.owner, path, {**sent, "text": text}).status_code == 303
    words = text_of(filled.owner.get("notes").text)
    assert "gone back" in words
    assert "and written anew" in words


def test_another_session_is_not_shown_the_first_answer(
    server: ServerProcess, served: Stage, filled: FilledSite
) -> None:
    path = filled.path_of(f"{ROOT}/tokens")
    sent = form_on(filled, f"{ROOT}/tokens", f"{ROOT}/tokens", {"label": "mine"})
    secret = secret_in(send(filled.owner, path, sent))
    other = member_of(server, served, filled.player.site.id)
    assert secret_in(send(other, path, sent)) != secret


def secret_in(answer: httpx.Response) -> str:
    """Return the secret that a page shows once."""
    found = re.search(r'<pre id="secret">([^<]*)<', answer.text)
    assert found is not None, text_of(answer.text)
    return found[1]


def test_the_database_has_no_secret_that_was_shown(served: Stage, filled: FilledSite) -> None:
    path = filled.path_of(f"{ROOT}/tokens")
    sent = form_on(filled, f"{ROOT}/tokens", f"{ROOT}/tokens", {"label": "sealed"})
    secret = secret_in(send(filled.owner, path, sent))
    with served.database.read() as connection:
        stored = [str(row) for row in connection.execute(select(sent_form))]
    assert not any(secret in row or sent["form_key"] in row for row in stored)


@contextmanager
def keeping_no_answers(stage: Stage) -> Iterator[None]:
    """Let the database refuse to store answers meanwhile."""
    refusal = ("ALTER TABLE sent_form ADD CONSTRAINT refusal CHECK (sealed_answer IS NULL) NOT VALID",
               "ALTER TABLE sent_form DROP CONSTRAINT refusal")  # fmt: skip
    if stage.database.is_sqlite:
        refusal = ("CREATE TRIGGER refusal BEFORE UPDATE ON sent_form BEGIN SELECT RAISE(ABORT, 'full'); END",
                   "DROP TRIGGER refusal")  # fmt: skip
    with stage.database.write() as connection:
        connection.exec_driver_sql(refusal[0])
    yield
    with stage.database.write() as connection:
        connection.exec_driver_sql(refusal[1])


def test_an_answer_that_cannot_be_stored_is_shown_all_the_same(served: Stage, filled: FilledSite) -> None:
    path = filled.path_of(f"{ROOT}/tokens")
    sent = form_on(filled, f"{ROOT}/tokens", f"{ROOT}/tokens", {"label": "answer not stored"})
    with keeping_no_answers(served):
        answer = send(filled.owner, path, sent)
    assert answer.status_code == 200
    assert secret_in(answer)


def test_forms_are_forgotten_after_an_hour(served: Stage, filled: FilledSite) -> None:
    path = filled.path_of(f"{SITE}/notes")
    with served.database.write() as connection:
        connection.execute(update(sent_form).values(sent_at=datetime(2026, 1, 1, tzinfo=UTC)))
    send(filled.owner, path, form_on(filled, f"{SITE}/notes", f"{SITE}/notes", {"day": "2026-03-01", "text": "last"}))
    with served.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(sent_form)).scalar_one() == 1


def test_a_form_that_is_an_hour_old_is_taken_anew(served: Stage, filled: FilledSite) -> None:
    path = filled.path_of(f"{ROOT}/tokens")
    sent = form_on(filled, f"{ROOT}/tokens", f"{ROOT}/tokens", {"label": "an hour ago"})
    secret = secret_in(send(filled.owner, path, sent))
    with served.database.write() as connection:
        connection.execute(update(sent_form).values(sent_at=datetime(2026, 1, 1, tzinfo=UTC)))
    assert secret_in(send(filled.owner, path, sent)) != secret


def test_a_form_whose_answer_was_lost_is_not_taken_again(served: Stage, filled: FilledSite) -> None:
    path = filled.path_of(f"{SITE}/notes")
    sent = form_on(filled, f"{SITE}/notes", f"{SITE}/notes", {"day": "2026-03-01", "text": "answer lost"})
    send(filled.owner, path, sent)
    with served.database.write() as connection:
        connection.execute(update(sent_form).values(sealed_answer=None))
    again = send(filled.owner, path, sent)
    assert "Sent twice, saved once" in text_of(again.text)
    assert f'href="{path}"' in again.text
    assert text_of(filled.owner.get("notes").text).count("answer lost") == 1


def test_two_processes_and_a_restart_know_the_same_forms(
    start_server: Callable[..., ServerProcess], start_server_on: Callable[..., ServerProcess]
) -> None:
    first = start_server()
    second = start_server_on(first.database_url)
    database = open_database(first.database_url)
    filled = fill_site(first, Stage(database))
    path, page = filled.path_of(f"{SITE}/notes"), f"{SITE}/notes"
    elsewhere = Guest(second, site_id=filled.player.site.id, secret=filled.owner.secret, language="en")
    for number in range(10):
        sent = form_on(filled, page, page, {"day": "2026-03-01", "text": f"both {number}."})
        with ThreadPoolExecutor(2) as threads:
            answers = [threads.submit(send, guest, path, sent) for guest in (filled.owner, elsewhere)]
            assert {shown(each.result()) for each in answers} == {shown(answers[0].result())}
    first.kill()
    first.start()
    assert send(filled.owner, path, sent).status_code == 303
    words = text_of(filled.owner.get("notes").text)
    assert [words.count(f"both {number}.") for number in range(10)] == [1] * 10
    database.close()


def links_of(filled: FilledSite) -> Iterator[tuple[str, Fields]]:
    """Yield the URLs of links that count once, and what a person types there."""
    invited = filled.owner.send("settings/users/invitation", role="reader")
    yield f"/cabinet/invitation?key={key_in(invited)}", {"login": f"{new_name()}@example.com", "password": PASSWORD}
    lost = filled.owner.send("settings/users/password", user=filled.places["user"])
    yield f"/cabinet/password?key={key_in(lost)}", {"password": PASSWORD}


def test_a_link_that_counts_once_logs_in_whoever_presses_twice(server: ServerProcess, filled: FilledSite) -> None:
    for url, fields in links_of(filled):
        visitor = Guest(server, language="en")
        form = Reader(visitor.http.get(url).text).forms[-1]
        sent = {**{name: each.value for name, each in form.fields.items() if each.kind == "hidden"}, **fields}
        first, second = send(visitor, form.action, sent), send(visitor, form.action, sent)
        assert first.status_code == 303, text_of(first.text)
        assert shown(second) == shown(first)
        assert second.headers["set-cookie"] == first.headers["set-cookie"]


def test_every_form_of_the_table_of_pages_is_known_here() -> None:
    making = {urlsplit(action).path for _, action, _ in MAKING}
    sent = {page.path for page in PAGES if page.method == "POST"}
    assert sent == making | ONCE.keys() | SAME.keys()
    assert len(making) + len(ONCE) + len(SAME) == len(sent)


def test_every_form_that_makes_something_or_counts_once_has_a_key(filled: FilledSite) -> None:
    pages = [page.path for page in PAGES if page.method == "GET" and "." not in page.path]
    once = [
        re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(re.sub(r":\w+", "", path)))
        for path in (*ONCE, *(each[1] for each in MAKING))
    ]
    seen, lacking = set(), []
    for page in [*pages, *(page for page, _, _ in MAKING)]:
        for form in Reader(filled.owner.http.get(filled.path_of(page)).text).forms:
            for pattern in once:
                if re.fullmatch(f"/cabinet{pattern}", form.action):
                    seen.add(pattern)
                    lacking += [form.action] if "form_key" not in form.fields else []
    assert lacking == []
    assert len(seen) >= 30
