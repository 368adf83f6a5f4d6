"""The one-time link, as the first user meets it."""

import html
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import delete, select, update

from account_work import account_work
from cast import Stage
from dealtrace.accounts.audit_entry import AuditedAction
from dealtrace.operations.accounts.invite_user import invite_first_user
from dealtrace.storage.accounts.change_history import list_audit_entries
from dealtrace.storage.accounts.users import find_user
from dealtrace.storage.database.engine import Database
from dealtrace.storage.schema.tables.control import id_block, invitation, membership, recovery_code, session, user
from engines import on_one_engine
from server import ServerProcess

WELCOME = "/cabinet/welcome"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
PASSWORD = "correct horse battery"


@pytest.fixture
def host(server: ServerProcess, served: Stage) -> Database:
    """Give the database of the running server, without any user."""
    with served.database.write() as connection:
        for table in (session, recovery_code, membership, user, invitation):
            connection.execute(delete(table))
    return served.database


@pytest.fixture(autouse=True)
def _forgets_who_logged_in(server: ServerProcess) -> Iterator[None]:
    """Leave no session in the cookies of the client that all tests of this worker share."""
    yield
    server.http.cookies.clear()


@pytest.fixture
def key(host: Database) -> str:
    """Give the key of a fresh link."""
    return invite(host)


def invite(host: Database) -> str:
    with host.write() as connection:
        key = invite_first_user(account_work(connection, datetime.now(UTC)))
    assert key is not None
    return key


def send(server: ServerProcess, key: str, login: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
    """Send the form as a browser does."""
    form = {"key": key, "login": login, "password": password}
    server.http.cookies.clear()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.http.post(WELCOME, data=form, headers=named)


def is_there(host: Database, login: str) -> bool:
    with host.read() as connection:
        return find_user(connection, login) is not None


def test_it_shows_a_form_that_leads_to_the_first_user(server: ServerProcess, host: Database, key: str) -> None:
    page = server.http.get(WELCOME, params={"key": key})
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    form = page.text.partition('action="/cabinet/welcome"')[2]
    fields = dict(re.findall(r'<input[^>]*name="(\w+)"(?:[^>]*value="([^"]*)")?', form))
    assert fields == {"key": key, "login": "", "password": ""}
    assert 'method="post" action="/cabinet/welcome"' in page.text

    answer = send(server, fields["key"], "Анна@example.org", sec_fetch_site="same-origin")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cabinet/")
    assert answer.headers["set-cookie"].startswith("session=")
    first_page = server.http.get("/cabinet/profile")
    assert first_page.status_code == 200
    assert "анна@example.org" in first_page.text
    assert is_there(host, "анна@example.org")
    assert PASSWORD not in first_page.text + server.logged


def test_it_serves_once(server: ServerProcess, host: Database, key: str) -> None:
    other = invite(host)
    assert send(server, key, "anna").status_code == 303
    for each in (key, other):
        assert server.http.get(WELCOME, params={"key": each}).status_code == 403
        assert send(server, each, "boris").status_code == 403
    assert not is_there(host, "boris")


def test_of_many_who_hurry_one_becomes_the_first_user(server: ServerProcess, host: Database, key: str) -> None:
    keys = [key, invite(host), key, invite(host)]
    answers: dict[int, int] = {}
    threads = [
        threading.Thread(target=lambda n=number: answers.update({n: send(server, keys[n], f"racer{n}").status_code}))
        for number in range(len(keys))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(answers.values()) == [303, 403, 403, 403]
    assert sum(is_there(host, f"racer{number}") for number in range(len(keys))) == 1


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("anna", "elevenchars"),
        ("anna", ""),
        ("anna", "x" * 1001),
        ("", PASSWORD),
        ("a" * 201, PASSWORD),
        ("a\1", PASSWORD),
    ],
)
def test_it_says_what_does_not_fit_and_creates_nobody(
    server: ServerProcess, host: Database, key: str, login: str, password: str
) -> None:
    answer = send(server, key, login, password)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "символов" in answer.text
    assert key in answer.text
    assert PASSWORD not in answer.text
    assert not is_there(host, login)
    assert send(server, key, "anna").status_code == 303


@pytest.mark.parametrize("wrong", ["", "guess", "х" * 44])
def test_a_wrong_key_opens_nothing(server: ServerProcess, key: str, wrong: str) -> None:
    assert server.http.get(WELCOME, params={"key": wrong}).status_code == 403
    assert send(server, wrong, "anna").status_code == 403
    assert server.http.get(WELCOME).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_a_form_from_a_foreign_page_is_refused(
    server: ServerProcess, host: Database, key: str, headers: dict[str, str]
) -> None:
    answer = send(server, key, "anna", **headers)
    assert answer.status_code == 403
    assert "чужой страницы" in answer.text
    assert not is_there(host, "anna")
    assert send(server, key, "anna", origin=server.url).status_code == 303


def test_a_form_that_is_too_large_is_refused_whether_it_says_so_or_not(
    server: ServerProcess, host: Database, key: str
) -> None:
    body = f"key={key}&login=anna&password={'x' * 200_000}".encode()
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert server.http.post(WELCOME, content=body, headers=form).status_code == 413
    assert server.http.post(WELCOME, content=iter([body]), headers=form).status_code == 413
    assert not is_there(host, "anna")


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/form-data; boundary=x", b"no boundary", 400),
        ("multipart/form-data", b"no boundary", 400),
        ("application/x-www-form-urlencoded", b"a=1&" * 300, 400),
        ("application/json", b'{"login": "anna"}', 403),
        ("application/x-www-form-urlencoded", b"key=%FF%ZZ&login=%D0", 403),
    ],
)
def test_a_body_that_is_not_the_form_creates_nobody(
    server: ServerProcess, host: Database, key: str, kind: str, body: bytes, status: int
) -> None:
    answer = server.http.post(WELCOME, content=body, headers={"content-type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert send(server, key, "anna").status_code == 303, "the link is still good"


CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


def read_on(server: ServerProcess, answer: httpx.Response, language: str) -> httpx.Response:
    assert answer.headers["location"] == "/cabinet/"
    return server.http.get("/cabinet/profile", headers={"accept-language": language})


@pytest.mark.parametrize(("asked", "language"), [("", "ru"), ("ru", "ru"), ("en-GB,en;q=0.9", "en")])
def test_every_page_is_in_the_language_the_browser_asks_for(
    server: ServerProcess, key: str, asked: str, language: str
) -> None:
    pages = [
        server.http.get("/cabinet/login", headers={"accept-language": asked}),
        server.http.get(WELCOME, params={"key": key}, headers={"accept-language": asked}),
        server.http.get(WELCOME, params={"key": "wrong"}, headers={"accept-language": asked}),
        send(server, key, "anna", "short", accept_language=asked),
        send(server, key, "anna", accept_language=asked, sec_fetch_site="cross-site"),
        send(server, key, "a" * 200_000, accept_language=asked),
        read_on(server, send(server, key, "anna", accept_language=asked), asked),
        send(server, key, "boris", accept_language=asked),
    ]
    assert [page.status_code for page in pages] == [200, 200, 403, 400, 403, 413, 200, 403]
    for page in pages:
        assert f'<html lang="{language}">' in page.text
        assert page.headers["content-language"] == language
        assert page.headers["vary"].startswith("Accept-Language")
        assert bool(CYRILLIC.search(page.text.replace("Русский", ""))) == (language == "ru"), page.text


def test_what_was_typed_comes_back_as_text_and_never_as_markup(server: ServerProcess, host: Database, key: str) -> None:
    login = '"><script>alert(1)</script>'
    answer = send(server, key, login, "short")
    assert "<script>" not in answer.text
    assert html.escape(login, quote=True).replace("&quot;", "&#34;") in answer.text


def test_every_page_forbids_foreign_scripts_frames_and_keeping(server: ServerProcess, key: str) -> None:
    for page in (
        server.http.get("/cabinet/login"),
        server.http.get(WELCOME, params={"key": key}),
        server.http.get(WELCOME, params={"key": "wrong"}),
        send(server, key, "anna", "short"),
        send(server, key, "anna", sec_fetch_site="cross-site"),
        read_on(server, send(server, key, "anna"), "ru"),
    ):
        assert page.headers["content-security-policy"] == POLICY
        assert not re.search(r"<script(?! src=\"/cabinet/static/)|<style|\sstyle=|\son\w+=", page.text)
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "same-origin"
        assert page.headers["x-content-type-options"] == "nosniff"


def test_the_cabinet_is_found_with_and_without_its_slash(server: ServerProcess) -> None:
    server.http.cookies.clear()
    for path in ("/cabinet/", "/cabinet"):
        page = server.http.get(path, follow_redirects=True)
        assert (page.status_code, page.url.path) == (200, "/cabinet/login")


def next_id(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(id_block.c.next_id)).scalar_one()


def test_guesses_take_no_ids_and_wait_for_no_writer(server: ServerProcess, host: Database, key: str) -> None:
    before = next_id(host)
    with host.write() as connection:
        connection.execute(update(id_block).values(next_id=id_block.c.next_id))
        assert {send(server, f"guess {number}", "anna").status_code for number in range(50)} == {403}
    assert next_id(host) == before


@on_one_engine
def test_an_address_may_try_so_often_a_minute(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server(cabinet_rate_per_minute=10, trusted_proxies="127.0.0.1")
    link = re.search(r"key=(\S+)", server.printed)
    assert link is not None
    tried = [send(server, f"guess {number}", "anna").status_code for number in range(30)]
    assert tried == [403] * 10 + [429] * 20
    answer = send(server, link[1], "anna")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) == 60
    assert server.http.get(WELCOME, params={"key": "guess"}).status_code == 429, "a form that is read counts too"
    assert send(server, link[1], "anna", x_forwarded_for="203.0.113.7").status_code == 303


def test_the_first_user_is_listed_as_created_by_themself(server: ServerProcess, host: Database, key: str) -> None:
    assert send(server, key, "anna").status_code == 303
    with host.read() as connection:
        entries = list_audit_entries(connection, most=2)
    assert [(entry.kind, entry.name, entry.author) for entry in entries] == [
        (AuditedAction.OWNER_MADE, "anna", "anna"),
        (AuditedAction.USER_CREATED, "anna", "anna"),
    ]


@pytest.mark.parametrize(("language", "words"), [("en", "Password: 12 to 1000 "), ("ru", "Пароль: ")])
def test_a_password_that_is_too_short_is_named_as_its_field_is(
    server: ServerProcess, host: Database, key: str, language: str, words: str
) -> None:
    answer = send(server, key, "anna", "short", accept_language=language)
    assert answer.status_code == 400
    assert f'role="alert" tabindex="-1" autofocus>{words}' in answer.text
    assert 'name="login" value="anna"' in answer.text
