"""A person's own account: password, second factor, sessions."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from sqlalchemy import update

from account_work import account_work
from cast import Stage
from dealtrace.accounts.second_factor import CODE_PAUSE, CODE_TRIES_MAX, CODE_WAIT_MAX, RECOVERY_CODES
from dealtrace.accounts.token import token_digest
from dealtrace.accounts.user import User
from dealtrace.operations.accounts.second_factor import demand_second_factor
from dealtrace.storage.schema.tables.control import user as user_table
from guests import PASSWORD, Guest, age_sessions, new_user
from server import ServerProcess

NEW_PASSWORD = "another one entirely"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


@pytest.fixture
def anna(served: Stage) -> User:
    return new_user(served.database)


@pytest.fixture
def guest(server: ServerProcess, anna: User) -> Guest:
    arrived = Guest(server)
    assert arrived.log_in(anna).status_code == 303
    return arrived


def set_up(guest: Guest) -> tuple[str, list[str]]:
    """Turn the second factor on, with the present code; return its secret and the recovery codes."""
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", guest.get("/profile/second-factor").text)
    assert secret is not None
    page = guest.send("/profile/second-factor", secret=secret[1], code=code_of(secret[1], 0), password=PASSWORD)
    assert page.status_code == 200, page.text
    codes = re.findall(r"<code>([a-z2-7-]{19})</code>", page.text)
    assert len(codes) == RECOVERY_CODES
    return secret[1], codes


def code_of(secret: str, steps: int = 1) -> str:
    """Return a code; that of the next step counts after the present one, even if the present step ends meanwhile."""
    return pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30 * steps))


def half_in(server: ServerProcess, user: User, then: str = "") -> Guest:
    """Return a guest who gave the password and is asked for the code."""
    guest = Guest(server)
    answer = guest.log_in(user, then=then)
    assert answer.headers["location"].partition("?")[0] == "/cabinet/login/code"
    return guest


# The password.


def test_a_changed_password_logs_the_person_out_everywhere_else(
    server: ServerProcess, guest: Guest, anna: User
) -> None:
    elsewhere = Guest(server)
    elsewhere.log_in(anna)
    answer = guest.send("/profile/password", password=PASSWORD, new_password=NEW_PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/cabinet/profile?done=saved")
    assert guest.is_in()
    assert not elsewhere.is_in()
    assert Guest(server).log_in(anna).status_code == 403
    assert Guest(server).log_in(anna, NEW_PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("password", "new_password", "said"),
    [("wrong", NEW_PASSWORD, "Текущий пароль"), (PASSWORD, "short", "символов"), (PASSWORD, "", "символов")],
)
def test_a_password_is_not_changed_without_the_present_one_or_to_a_short_one(
    server: ServerProcess, guest: Guest, anna: User, password: str, new_password: str, said: str
) -> None:
    answer = guest.send("/profile/password", password=password, new_password=new_password)
    assert answer.status_code == 400
    assert said in answer.text
    assert Guest(server).log_in(anna).status_code == 303


# The second factor.


def test_a_second_factor_counts_once_a_code_of_it_was_given(server: ServerProcess, guest: Guest, anna: User) -> None:
    page = guest.get("/profile/second-factor")
    assert '<img src="data:image/svg+xml' in page.text
    secret = re.findall(r'name="secret" value="([A-Z2-7]{32})"', page.text)[0]
    wrong = guest.send("/profile/second-factor", secret=secret, code="000000", password=PASSWORD)
    assert wrong.status_code == 400
    assert secret in wrong.text
    assert "Код неверен" in wrong.text
    assert Guest(server).log_in(anna).headers["location"] == "/cabinet/"
    elsewhere = Guest(server)
    elsewhere.log_in(anna)
    set_up(guest)
    assert guest.is_in()
    assert not elsewhere.is_in()
    half_in(server, anna)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "The current password is wrong"), ("ru", "Текущий пароль неверен")]
)
def test_nobody_who_finds_a_browser_logged_in_can_lock_its_owner_out(
    server: ServerProcess, guest: Guest, anna: User, language: str, words: str
) -> None:
    """The password is asked for, as before the factor is turned off; no session ends."""
    guest.http.cookies.set("language", language)
    elsewhere = Guest(server)
    elsewhere.log_in(anna)
    secret = re.findall(r'name="secret" value="([A-Z2-7]{32})"', guest.get("/profile/second-factor").text)[0]
    for said in ({}, {"password": ""}, {"password": "what the finder guesses"}):
        refused = guest.send("/profile/second-factor", secret=secret, code=code_of(secret, 0), **said)
        assert refused.status_code == 400
        assert words in refused.text
        assert f'value="{secret}"' in refused.text, "the app need not be set up again"
    assert elsewhere.is_in()
    assert Guest(server).log_in(anna).headers["location"] == "/cabinet/", "no code is asked for"


@pytest.mark.parametrize("secret", ["", "A" * 31, "short", "1" * 32, "a" * 32, "<b>" * 50])
def test_a_secret_that_we_did_not_make_is_refused(guest: Guest, secret: str) -> None:
    answer = guest.send("/profile/second-factor", secret=secret, code="000000", password=PASSWORD)
    assert answer.status_code == 400
    assert "<b>" not in answer.text


def test_nothing_but_the_code_is_open_before_it_was_given(server: ServerProcess, guest: Guest, anna: User) -> None:
    secret, _ = set_up(guest)
    waiting = half_in(server, anna, then="/cabinet/profile?a=1")
    assert not waiting.is_in()
    assert waiting.send("/profile/password", password=PASSWORD, new_password=NEW_PASSWORD).status_code == 303
    assert Guest(server).log_in(anna).status_code == 303, "the password is the old one"
    form = waiting.get("/login/code", then="/cabinet/profile?a=1")
    assert 'value="/cabinet/profile?a=1"' in form.text
    answer = waiting.send("/login/code", code=code_of(secret), then="/cabinet/profile?a=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cabinet/profile?a=1")
    assert waiting.is_in()


def test_a_code_counts_once_for_everybody(server: ServerProcess, guest: Guest, anna: User) -> None:
    secret, _ = set_up(guest)
    code = code_of(secret)
    first, second = half_in(server, anna), half_in(server, anna)
    assert first.send("/login/code", code=f"{code[:3]} {code[3:]}").status_code == 303
    again = second.send("/login/code", code=code)
    assert again.status_code == 403
    assert 'role="alert"' in again.text
    assert not second.is_in()


def test_codes_of_clocks_that_are_far_off_are_wrong(server: ServerProcess, guest: Guest, anna: User) -> None:
    secret, _ = set_up(guest)
    waiting = half_in(server, anna)
    for steps in (-3, 3):
        assert waiting.send("/login/code", code=code_of(secret, steps)).status_code == 403
    assert waiting.send("/login/code", code=code_of(secret, 1)).status_code == 303


def test_a_recovery_code_counts_once_however_it_is_typed(server: ServerProcess, guest: Guest, anna: User) -> None:
    _, codes = set_up(guest)
    typed = codes[0].upper().replace("-", " ")
    assert half_in(server, anna).send("/login/code", code=typed).status_code == 303
    assert half_in(server, anna).send("/login/code", code=codes[0]).status_code == 403
    assert half_in(server, anna).send("/login/code", code=codes[1]).status_code == 303
    assert f": {RECOVERY_CODES - 2}." in guest.get("/profile").text


def test_new_recovery_codes_replace_those_before(server: ServerProcess, guest: Guest, anna: User) -> None:
    _, before = set_up(guest)
    assert guest.send("/profile/recovery-codes", password="wrong").status_code == 400
    page = guest.send("/profile/recovery-codes", password=PASSWORD)
    codes = re.findall(r"<code>([a-z2-7-]{19})</code>", page.text)
    assert len({*codes, *before}) == 2 * RECOVERY_CODES
    assert half_in(server, anna).send("/login/code", code=before[0]).status_code == 403
    assert half_in(server, anna).send("/login/code", code=codes[0]).status_code == 303


def test_guesses_at_a_code_are_limited_wherever_they_come_from(
    server: ServerProcess, served: Stage, guest: Guest, anna: User
) -> None:
    secret, codes = set_up(guest)
    guessing, other = half_in(server, anna), half_in(server, anna)
    tried = [guessing.send("/login/code", code="000000").status_code for _ in range(CODE_TRIES_MAX)]
    assert tried == [403] * CODE_TRIES_MAX
    for code in ("000000", code_of(secret), codes[0]):
        assert other.send("/login/code", code=code).status_code == 429
    assert guest.is_in(), "who is in already stays"
    with served.database.write() as connection:
        long_ago = datetime.now(UTC) - CODE_PAUSE - timedelta(seconds=1)
        connection.execute(update(user_table).where(user_table.c.id == anna.id).values(code_failed_at=long_ago))
    assert other.send("/login/code", code=code_of(secret)).status_code == 303


def test_who_does_not_give_the_code_in_time_begins_again(
    server: ServerProcess, served: Stage, guest: Guest, anna: User
) -> None:
    secret, _ = set_up(guest)
    waiting = half_in(server, anna)
    late = datetime.now(UTC) - CODE_WAIT_MAX - timedelta(seconds=1)
    age_sessions(served.database, anna, created_at=late)
    assert waiting.send("/login/code", code=code_of(secret)).headers["location"] == "/cabinet/login"
    assert not waiting.is_in()


def test_it_is_turned_off_with_the_password(server: ServerProcess, guest: Guest, anna: User) -> None:
    set_up(guest)
    assert guest.send("/profile/second-factor/off", password="wrong").status_code == 400
    half_in(server, anna)
    assert guest.send("/profile/second-factor/off", password=PASSWORD).status_code == 303
    assert Guest(server).log_in(anna).headers["location"] == "/cabinet/"


def test_a_stolen_session_cannot_replace_a_second_factor(server: ServerProcess, guest: Guest, anna: User) -> None:
    set_up(guest)
    assert guest.get("/profile/second-factor").headers["location"] == "/cabinet/profile"
    secret = pyotp.random_base32()
    assert (
        guest.send("/profile/second-factor", secret=secret, code=code_of(secret), password=PASSWORD).status_code == 400
    )
    half_in(server, anna)


def test_where_it_is_demanded_nothing_else_opens_before_it_is_set_up(
    server: ServerProcess, served: Stage, guest: Guest
) -> None:
    def demand(*, is_demanded: bool) -> None:
        with served.database.write() as connection:
            demand_second_factor(account_work(connection, datetime.now(UTC)), is_demanded=is_demanded)

    demand(is_demanded=True)
    try:
        for path in ("/", "/profile", "/users"):
            assert guest.get(path).headers["location"] == "/cabinet/profile/second-factor"
        assert guest.send("/profile/sessions", session="others").headers["location"] == "/cabinet/profile/second-factor"
        assert "требует" in guest.get("/profile/second-factor").text
        set_up(guest)
        assert guest.is_in()
    finally:
        demand(is_demanded=False)


# The sessions.


def test_sessions_are_listed_with_address_and_browser_and_ended(server: ServerProcess, anna: User) -> None:
    guest, other, third = Guest(server), Guest(server, user_agent=CHROME), Guest(server, user_agent='"><script>x')
    for arriving in (guest, other, third):
        arriving.log_in(anna)
    page = guest.get("/profile")
    assert "Chrome 142, Windows" in page.text
    assert "127.0.0.1" in page.text
    assert "<script>x" not in page.text
    row = page.text.partition("Chrome 142, Windows")[2].partition("</tr>")[0]
    digest = re.findall(r'name="session" value="([0-9a-f]{64})"', row)[0]
    assert guest.send("/profile/sessions", session=digest).status_code == 303
    assert [arrived.is_in() for arrived in (guest, other, third)] == [True, False, True]
    guest.send("/profile/sessions", session="others")
    assert [arrived.is_in() for arrived in (guest, other, third)] == [True, False, False]


def test_nobody_ends_the_session_of_another(server: ServerProcess, served: Stage, guest: Guest) -> None:
    stranger = Guest(server)
    stranger.log_in(new_user(served.database, {}))
    digest = re.findall(r"<tr>.*", guest.get("/profile").text)
    own = guest.http.cookies["session"]
    assert digest
    assert stranger.send("/profile/sessions", session=token_digest(own)).status_code == 404
    stranger.send("/profile/sessions", session="others")
    assert guest.is_in()
