"""Logging in and out, and what a session is."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher, extract_parameters

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.session import SESSION_AGE_MAX, SESSION_IDLE_MAX
from dealtrace.accounts.user import User
from dealtrace.errors import LoginRefused
from dealtrace.operations.accounts.create_user import password_hasher
from dealtrace.operations.accounts.log_in import find_credentials, verify_password
from dealtrace.storage.database.engine import open_database
from guests import PASSWORD, Guest, age_sessions, count_sessions, last_use, logged_in, new_user
from postgresql import PostgresqlServer
from server import ServerProcess
from waiting import wait_until

TEMPLATE = "dealtrace_template"
HOUR = timedelta(hours=1)


@pytest.fixture
def anna(served: Stage) -> User:
    return new_user(served.database)


def cookie_of(answer: httpx.Response) -> tuple[str, set[str]]:
    """Return the name of the cookie that is set, and its attributes in lower case."""
    first, *attributes = answer.headers["set-cookie"].split("; ")
    return first.partition("=")[0], {attribute.lower() for attribute in attributes}


def test_who_has_no_session_is_led_to_log_in_and_back(server: ServerProcess, anna: User) -> None:
    guest = Guest(server)
    answer = guest.get("/profile", a="1 & 2")
    assert answer.headers["location"] == "/cabinet/login?then=%2Fcabinet%2Fprofile%3Fa%3D1%2B%2526%2B2"
    form = server.http.get(answer.headers["location"])
    assert 'name="then" value="/cabinet/profile?a=1+%26+2"' in form.text
    answer = guest.log_in(anna, then="/cabinet/profile?a=1+%26+2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cabinet/profile?a=1+%26+2")
    assert anna.login in guest.get("/profile").text
    assert guest.get("/login").headers["location"] == "/cabinet/"


def test_a_null_byte_in_a_form_is_refused_and_in_a_query_left_out(server: ServerProcess, served: Stage) -> None:
    assert Guest(server).log_in("a\0b").status_code == 400
    guest = logged_in(server, served.database)
    assert guest.get("/profile", a="a\0b").status_code == 200
    form = server.http.get("/cabinet/login?then=/cabinet/a%00b&key=%00")
    assert 'name="then" value="/cabinet/ab"' in form.text


def test_the_cookie_is_kept_from_scripts_and_other_sites(server: ServerProcess, anna: User) -> None:
    name, attributes = cookie_of(Guest(server).log_in(anna))
    assert name == "session"
    assert attributes == {"httponly", "samesite=lax", "path=/", f"max-age={30 * 24 * 3600}"}


def test_under_https_browsers_take_the_cookie_from_this_host_alone(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server(trusted_proxies="127.0.0.1")
    guest = Guest(server, x_forwarded_proto="https")
    name, attributes = cookie_of(guest.log_in(user_of(server)))
    assert name == "__Host-session"
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= attributes
    assert not any(attribute.startswith("domain") for attribute in attributes)


def test_a_stranger_cannot_claim_to_come_by_https(server: ServerProcess, anna: User) -> None:
    name, attributes = cookie_of(Guest(server, x_forwarded_proto="https").log_in(anna))
    assert name == "session"
    assert "secure" not in attributes


def test_it_warns_where_people_elsewhere_log_in_without_https(start_server: Callable[..., ServerProcess]) -> None:
    assert "cabinet_without_https" in start_server(host="0.0.0.0").logged  # noqa: S104 - the case in question
    assert "cabinet_without_https" not in start_server(host="0.0.0.0", public_url="https://d.example").logged  # noqa: S104
    assert "cabinet_without_https" not in start_server().logged


@pytest.mark.parametrize(
    "then",
    [
        "https://evil.example/cabinet/",
        "//evil.example/cabinet/",
        "/\\evil.example/cabinet/",
        "/cabinet/\\evil.example",
        "javascript:alert(1)",
        "http:/cabinet/",
        "/docsevil",
        " //evil.example",
        "cabinet/",
        "",
    ],
)
def test_it_never_leads_to_another_host(server: ServerProcess, anna: User, then: str) -> None:
    assert Guest(server).log_in(anna, then=then).headers["location"] == "/cabinet/"
    guest = logged_in_as(server, anna)
    assert guest.send("/language", language="en", back=then).headers["location"] == "/cabinet/"


def logged_in_as(server: ServerProcess, user: User) -> Guest:
    guest = Guest(server)
    assert guest.log_in(user).status_code == 303
    return guest


def test_a_page_says_the_same_whether_the_login_or_the_password_is_wrong(server: ServerProcess, anna: User) -> None:
    wrong, unknown = Guest(server).log_in(anna, "not the password"), Guest(server).log_in("nobody")
    assert wrong.status_code == unknown.status_code == 403
    assert wrong.text.replace(anna.login, "nobody") == unknown.text
    assert "set-cookie" not in {*wrong.headers, *unknown.headers}
    assert PASSWORD not in wrong.text + unknown.text


def test_an_unknown_login_costs_the_same_check_as_a_wrong_password(
    served: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked, verify = list[str](), PasswordHasher.verify

    def verify_and_note(hasher: PasswordHasher, stored: str, password: str) -> bool:
        checked.append(stored)
        return verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", verify_and_note)
    anna = new_user(served.database, password_hash=password_hasher().hash(PASSWORD))
    with served.database.read() as connection:
        found = [find_credentials(connection, login) for login in (anna.login, "nobody")]
    for credentials in found:
        with pytest.raises(LoginRefused):
            verify_password(credentials, "not the password")
    of_anna, of_nobody = map(extract_parameters, checked)
    assert of_anna == of_nobody


SLOW_PASSWORD = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD).replace("t=1", "t=100000000")
"""A hash that takes hours to check: how often it is repeated is written in it."""


def test_slow_checks_of_passwords_keep_nobody_from_reading(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server(reader_threads=4)
    with closing(open_database(server.database_url)) as database:
        shop = Stage(database).open_site()
        users = [new_user(database, password_hash=SLOW_PASSWORD) for _ in range(4)]
        reader = logged_in(server, database)
    guests = [Guest(server) for _ in users]
    for guest in guests:
        guest.http.timeout = httpx.Timeout(None)  # they wait until the server is killed
    with ThreadPoolExecutor(len(users)) as people:
        logins = [people.submit(guest.log_in, user) for guest, user in zip(guests, users, strict=True)]
        try:
            for _ in range(30):
                assert server.journal(shop.token, shop.site.id).status_code == 200
                assert reader.is_in()
                assert server.http.get("/readyz").status_code == 200
            assert not any(login.done() for login in logins)
        finally:
            server.kill()
    assert all(isinstance(each.exception(), httpx.TransportError) for each in logins)


def test_guesses_are_limited_by_address_and_by_login_whether_or_not_it_exists(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server(cabinet_rate_per_minute=3, trusted_proxies="127.0.0.1")
    user = user_of(server)
    guest = Guest(server, x_forwarded_for="203.0.113.1")
    assert [guest.log_in(f"n{number}").status_code for number in range(5)] == [403, 403, 403, 429, 429]
    for login in (user.login.upper(), "nobody"):
        tried = [
            Guest(server, x_forwarded_for=f"198.51.100.{number}").log_in(login, "not it").status_code
            for number in range(5)
        ]
        assert tried == [403, 403, 403, 429, 429]
    late = Guest(server, x_forwarded_for="192.0.2.1").log_in(user)
    assert late.status_code == 429
    assert "<h1>" in late.text


def test_logging_out_ends_the_session_for_good(server: ServerProcess, anna: User) -> None:
    guest = logged_in_as(server, anna)
    secret = guest.http.cookies["session"]
    assert guest.is_in()
    assert guest.send("/logout").headers["location"] == "/cabinet/login"
    assert "session" not in guest.http.cookies
    guest.http.cookies.set("session", secret)
    assert not guest.is_in()


def test_a_session_ends_a_week_after_its_last_use(server: ServerProcess, served: Stage, anna: User) -> None:
    guest, now = logged_in_as(server, anna), datetime.now(UTC)
    age_sessions(served.database, anna, seen_at=now - SESSION_IDLE_MAX + HOUR)
    assert guest.is_in()
    wait_until(lambda: last_use(served.database, anna) > now - HOUR)
    age_sessions(served.database, anna, created_at=now - 2 * SESSION_IDLE_MAX)
    assert guest.is_in(), "using it keeps it"
    age_sessions(served.database, anna, seen_at=now - SESSION_IDLE_MAX - HOUR)
    assert not guest.is_in()


def test_a_session_ends_a_month_after_it_began_however_much_it_is_used(
    server: ServerProcess, served: Stage, anna: User
) -> None:
    guest = logged_in_as(server, anna)
    age_sessions(served.database, anna, created_at=datetime.now(UTC) - SESSION_AGE_MAX - HOUR)
    assert not guest.is_in()
    guest.log_in(anna)
    assert count_sessions(served.database, anna) == 1, "what is too old is deleted when the person logs in again"


def test_the_language_that_was_chosen_stays(server: ServerProcess, anna: User) -> None:
    guest = Guest(server)
    assert '<html lang="ru">' in guest.get("/login").text
    form = guest.get("/login", then="/cabinet/profile")
    assert 'name="back" value="/cabinet/login?then=%2Fcabinet%2Fprofile"' in form.text
    answer = guest.send("/language", language="en", back="/cabinet/login?then=%2Fcabinet%2Fprofile")
    assert answer.headers["location"] == "/cabinet/login?then=%2Fcabinet%2Fprofile"
    assert '<html lang="en">' in guest.get("/login").text
    guest.send("/language", language="xx")
    assert '<html lang="en">' in guest.get("/login").text


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}, {}],
)
def test_a_form_from_a_foreign_page_does_nothing(server: ServerProcess, anna: User, headers: dict[str, str]) -> None:
    guest = logged_in_as(server, anna)
    answer = guest.http.post("/cabinet/logout", headers=headers)
    assert answer.status_code == 403
    assert "чужой страницы" in answer.text
    assert guest.is_in()


def test_a_page_of_our_host_without_https_is_foreign_under_https(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server(trusted_proxies="127.0.0.1")
    guest, host = Guest(server), server.url.removeprefix("http://")
    for forwarded, origin, status in (("https", "http", 403), ("https", "https", 303), ("http", "http", 303)):
        headers = {"origin": f"{origin}://{host}", "x-forwarded-proto": forwarded}
        assert guest.http.post("/cabinet/language", data={"language": "en"}, headers=headers).status_code == status


def test_browsers_that_do_not_say_where_a_form_was_send_its_token(server: ServerProcess, anna: User) -> None:
    guest, other = logged_in_as(server, anna), logged_in_as(server, anna)
    token = guest.get("/profile").text.partition('name="form_token" value="')[2].partition('"')[0]
    assert len(token) == 64
    assert guest.http.cookies["session"] not in guest.get("/profile").text
    assert other.http.post("/cabinet/logout", data={"form_token": token}).status_code == 403
    assert guest.http.post("/cabinet/logout", data={"form_token": token}).status_code == 303


def test_a_site_of_others_does_not_exist(server: ServerProcess, served: Stage, owner: Player, stranger: Player) -> None:
    guest = logged_in(server, served.database, {owner.site.id: Role.OWNER})
    assert guest.get(f"/{owner.site.id}/settings/users").status_code == 200
    foreign = guest.get(f"/{stranger.site.id}/settings/users")
    missing = guest.get("/987654321/settings/users")
    huge = guest.get(f"/{10**30}/settings/users")
    assert foreign.status_code == missing.status_code == huge.status_code == 404
    assert foreign.text.replace(f"/{stranger.site.id}/", "/987654321/") == missing.text


def test_a_revoked_session_is_out_at_once_in_every_process(postgresql_server: PostgresqlServer, tmp_path: Path) -> None:
    url = postgresql_server.create(f"t{uuid.uuid4().hex}", TEMPLATE)
    with ExitStack() as running:
        servers = []
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            servers.append(ServerProcess(url, tmp_path / name, is_fork=True))
            running.callback(servers[-1].close)
        first, second = servers
        user = user_of(first)
        here, there, other = logged_in_as(first, user), Guest(second), logged_in_as(second, user)
        there.http.cookies.set("session", here.http.cookies["session"])
        assert there.is_in()
        assert other.send("/profile/sessions", session="others").status_code == 303
        assert not here.is_in()
        assert not there.is_in()
        assert other.is_in()


def user_of(server: ServerProcess) -> User:
    """Store a user in the database of a server that a test has started."""
    database = open_database(server.database_url)
    user = new_user(database)
    database.close()
    return user
