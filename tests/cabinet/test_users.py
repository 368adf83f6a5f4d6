"""Users: roles, invitations, links for lost passwords."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, update

from browser import Browser
from cast import Player, Stage
from dealtrace.accounts.invitation import NAME_TRIES_MAX
from dealtrace.accounts.rights import Rights, Role
from dealtrace.accounts.token import token_digest
from dealtrace.accounts.user import User
from dealtrace.cabinet.settings.sections import SECTIONS
from dealtrace.operations.accounts.manage_user import require_user
from dealtrace.storage.accounts.users import find_rights
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.tables.control import invitation, membership, recovery_code, session
from dealtrace.storage.schema.tables.control import user as user_table
from guests import PASSWORD, Guest, key_in, logged_in, new_user, text_of
from server import ServerProcess

NEW_PASSWORD = "another one entirely"


@pytest.fixture
def host(served: Stage) -> Database:
    """Give the database of the running server without any user."""
    with served.database.write() as connection:
        for table in (session, recovery_code, membership, invitation, user_table):
            connection.execute(delete(table))
    return served.database


@pytest.fixture
def chief(server: ServerProcess, host: Database) -> Guest:
    """Give the only owner of the installation."""
    return logged_in(server, host)


@pytest.fixture
def keeper(server: ServerProcess, host: Database, owner: Player) -> Guest:
    """Give an owner of one site."""
    return logged_in(server, host, {owner.site.id: Role.OWNER})


def rights_of(host: Database, user: User) -> Rights:
    with host.read() as connection:
        found = find_rights(connection, user.id)
    assert found is not None
    return found


def id_of(host: Database, guest: Guest) -> int:
    login = re.findall(r"<h1>(.*)</h1>", guest.get("/profile").text)[0]
    with host.read() as connection:
        return int(connection.exec_driver_sql(f"SELECT id FROM \"user\" WHERE login = '{login}'").scalar_one())


# Invitations.


def invite(guest: Guest, place: str, **fields: Any) -> str:
    page = guest.send(f"{place}/invitation", **fields)
    assert page.status_code == 200
    return key_in(page)


def accept(server: ServerProcess, key: str, login: str = "vera") -> Guest:
    guest = Guest(server)
    answer = guest.send("/invitation", key=key, login=login, password=PASSWORD)
    assert answer.status_code == 303, answer.text
    return guest


def test_an_invitation_makes_a_user_with_the_role_once(
    server: ServerProcess, host: Database, keeper: Guest, owner: Player
) -> None:
    key = invite(keeper, f"/{owner.site.id}/settings/users", role="analyst")
    form = Guest(server).get("/invitation", key=key)
    assert owner.site.name in form.text
    assert "аналитик" in form.text
    vera = accept(server, key)
    assert vera.is_in()
    assert vera.get(f"/{owner.site.id}/settings/users").status_code == 403
    for answer in (
        Guest(server).get("/invitation", key=key),
        Guest(server).send("/invitation", key=key, login="petr", password=PASSWORD),
    ):
        assert answer.status_code == 403
    assert "vera" in keeper.get(f"/{owner.site.id}/settings/users").text


def test_who_has_a_login_takes_the_role_with_it_and_keeps_one_that_does_more(
    server: ServerProcess, host: Database, keeper: Guest, owner: Player, stranger: Player
) -> None:
    other = new_user(host, {stranger.site.id: Role.READER})
    guest = Guest(server)
    guest.log_in(other)
    for offered, held in (("analyst", Role.ANALYST), ("reader", Role.ANALYST)):
        key = invite(keeper, f"/{owner.site.id}/settings/users", role=offered)
        assert other.login in guest.get("/invitation", key=key).text
        assert guest.send("/invitation", key=key).headers["location"] == f"/cabinet/{owner.site.id}/"
        assert rights_of(host, other).roles == {owner.site.id: held, stranger.site.id: Role.READER}


def test_who_may_see_a_site_is_listed_among_its_changes(
    server: ServerProcess, host: Database, keeper: Guest, chief: Guest, owner: Player
) -> None:
    site = f"/{owner.site.id}/settings"
    accept(server, invite(keeper, f"{site}/users", role="analyst"), "nina")
    with host.read() as connection:
        nina = require_user(connection, "nina")
    keeper.send(f"{site}/users/role", user=str(nina.id), role="reader")
    keeper.send(f"{site}/users/role", user=str(nina.id), role="reader")
    chief.send(f"/users/{nina.id}/delete", is_sure="on")
    changes = text_of(keeper.get(f"{site}/changes").text)
    listed = [changes[place - 40 : place + 60] for place in range(len(changes)) if changes.startswith("nina", place)]
    assert len(listed) == 3
    for line, author, words in zip(
        listed, (chief, keeper, keeper), ("читатель → –", "аналитик → читатель", "– → аналитик"), strict=True
    ):
        assert author.login in line
        assert f"nina: {words}" in line


def test_a_one_time_link_is_copied_by_a_button_and_the_list_names_oneself(
    browser: Browser, server: ServerProcess, host: Database, chief: Guest, owner: Player
) -> None:
    place = f"{server.url}/cabinet/{owner.site.id}/settings/users"
    browser.keep_cookie("session", chief.secret, server.url)
    browser.open(place)
    assert browser.run("document.querySelector('tbody th').innerText").endswith(" you"), "an owner of the installation"
    assert browser.run("document.querySelector('main a').getAttribute('href')").endswith("/settings")
    browser.run("document.querySelector('form[action$=\"/invitation\"] button').focus()")
    browser.press("Enter")
    browser.wait("document.querySelector('[data-copy]:not([hidden])') !== null")
    browser.run("document.querySelector('[data-copy]').focus()")
    browser.press("Enter")
    browser.wait("document.querySelector('[data-copy]').innerText === 'Copied'")
    assert browser.complaints == []


def test_the_description_of_an_analyst_names_all_that_analysts_may_set(
    server: ServerProcess, keeper: Guest, owner: Player
) -> None:
    place = f"/{owner.site.id}/settings/users"
    page = Guest(server, language="en").get("/invitation", key=invite(keeper, place, role="analyst"))
    said = text_of(page.text).partition("analyst also sees")[2].partition("owner sees")[0]
    for _, title, role in SECTIONS:
        assert role is not Role.ANALYST or title.lower() in said, title
    assert "курсы валют" in text_of(keeper.get(place).text)


def test_an_invitation_tells_of_few_logins_that_they_exist_and_is_void_then(
    server: ServerProcess, host: Database, keeper: Guest, owner: Player
) -> None:
    names = [new_user(host).login for _ in range(NAME_TRIES_MAX)]
    place = f"/{owner.site.id}/settings/users"
    key, other = (invite(keeper, place, role="reader") for _ in range(2))

    def try_to_join(login: str, password: str = PASSWORD) -> httpx.Response:
        return Guest(server, language="en").send("/invitation", key=key, login=login, password=password)

    for left, name in zip(range(NAME_TRIES_MAX - 1, 0, -1), names, strict=False):
        assert try_to_join("", PASSWORD).status_code == 400, "what is no login tells nothing and is not counted"
        assert try_to_join(name, "short").status_code == 400, "nor is a password that does not fit"
        answer = try_to_join(name.upper())
        assert answer.status_code == 400
        assert f"This login is taken. If it is yours, log in; otherwise choose another one. {left} tr" in answer.text
    assert try_to_join(names[-1]).status_code == 403
    assert try_to_join("vera").status_code == 403
    assert Guest(server).get("/invitation", key=key).status_code == 403
    listed = re.findall(r'name="digest" value="([0-9a-f]{64})"', keeper.get(place).text)
    assert listed == [token_digest(other)]
    assert accept(server, other).is_in(), "another invitation has tries of its own"


def test_logins_that_are_tried_at_once_are_counted_one_by_one(
    server: ServerProcess, host: Database, keeper: Guest, owner: Player
) -> None:
    names = [new_user(host).login for _ in range(2 * NAME_TRIES_MAX)]
    key = invite(keeper, f"/{owner.site.id}/settings/users", role="reader")

    def try_to_join(login: str) -> int:
        return Guest(server).send("/invitation", key=key, login=login, password=PASSWORD).status_code

    with ThreadPoolExecutor(len(names)) as threads:
        answers = list(threads.map(try_to_join, names))
    assert sorted(answers) == [400] * (NAME_TRIES_MAX - 1) + [403] * (NAME_TRIES_MAX + 1)


def test_an_invitation_ends_after_a_week_or_when_it_is_revoked(
    server: ServerProcess, host: Database, keeper: Guest, owner: Player
) -> None:
    place = f"/{owner.site.id}/settings/users"
    old, revoked, good = (invite(keeper, place, role="reader") for _ in range(3))
    digests = re.findall(r'name="digest" value="([0-9a-f]{64})"', keeper.get(place).text)
    assert len(digests) == 3
    assert not {old, revoked, good} & set(re.findall(r"[\w-]{44}", keeper.get(place).text))
    stale = digest_of(old)
    with host.write() as connection:
        ended = update(invitation).where(invitation.c.digest == stale)
        connection.execute(ended.values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert keeper.send(f"{place}/revoke", digest=digest_of(revoked)).status_code == 303
    for key in (old, revoked):
        assert Guest(server).get("/invitation", key=key).status_code == 403
    accept(server, good)


def digest_of(key: str) -> str:
    from dealtrace.accounts.token import token_digest  # noqa: PLC0415

    return token_digest(key)


def test_an_owner_of_a_site_invites_to_that_site_alone(
    server: ServerProcess, host: Database, keeper: Guest, owner: Player, stranger: Player
) -> None:
    assert keeper.send(f"/{stranger.site.id}/settings/users/invitation", role="reader").status_code == 404
    assert keeper.send("/users/invitation", site="installation", role="owner").status_code == 404
    assert keeper.send(f"/{owner.site.id}/settings/users/invitation", role="king").status_code == 404
    other = logged_in(server, host, {stranger.site.id: Role.OWNER})
    foreign = digest_of(invite(other, f"/{stranger.site.id}/settings/users", role="reader"))
    assert keeper.send(f"/{owner.site.id}/settings/users/revoke", digest=foreign).status_code == 404
    assert foreign in other.get(f"/{stranger.site.id}/settings/users").text


def test_invitations_end_with_the_rights_of_the_person_who_made_them(
    server: ServerProcess, host: Database, chief: Guest, keeper: Guest, owner: Player
) -> None:
    key = invite(keeper, f"/{owner.site.id}/settings/users", role="owner")
    chief.send(f"/users/{id_of(host, keeper)}/role", site=str(owner.site.id), role="analyst")
    assert Guest(server).get("/invitation", key=key).status_code == 403


def test_a_key_of_an_invitation_opens_no_other_page(server: ServerProcess, chief: Guest) -> None:
    key = invite(chief, "/users", site="installation", role="reader")
    assert Guest(server).get("/welcome", key=key).status_code == 403
    assert Guest(server).get("/password", key=key).status_code == 403
    partner = accept(server, key)
    assert partner.get("/users").status_code == 200, "an owner of the installation"


# Roles.


def test_a_role_is_given_changed_and_taken(
    server: ServerProcess, host: Database, chief: Guest, keeper: Guest, owner: Player, stranger: Player
) -> None:
    vera = new_user(host, {owner.site.id: Role.READER})
    place = f"/{owner.site.id}/settings/users"
    assert keeper.send(f"{place}/role", user=str(vera.id), role="analyst").status_code == 303
    assert rights_of(host, vera).roles == {owner.site.id: Role.ANALYST}
    chief.send(f"/users/{vera.id}/role", site=str(stranger.site.id), role="owner")
    assert rights_of(host, vera).roles == {owner.site.id: Role.ANALYST, stranger.site.id: Role.OWNER}
    keeper.send(f"{place}/role", user=str(vera.id), role="")
    assert rights_of(host, vera).roles == {stranger.site.id: Role.OWNER}
    assert keeper.send(f"{place}/role", user=str(vera.id), role="reader").status_code == 404, "no member any more"


def test_a_role_that_was_taken_opens_nothing_from_the_next_request(
    server: ServerProcess, host: Database, chief: Guest, keeper: Guest, owner: Player
) -> None:
    place = f"/{owner.site.id}/settings/users"
    assert keeper.get(place).status_code == 200
    chief.send(f"/users/{id_of(host, keeper)}/role", site=str(owner.site.id), role="")
    assert keeper.get(place).status_code == 404


def test_the_last_owner_of_the_installation_stays(server: ServerProcess, host: Database, chief: Guest) -> None:
    own = f"/users/{id_of(host, chief)}"
    for answer in (chief.send(f"{own}/ownership"), chief.send(f"{own}/delete", is_sure="on")):
        assert answer.status_code == 400
        assert "последний владелец" in answer.text
    partner = new_user(host)
    assert chief.send(f"{own}/ownership").status_code == 303
    assert chief.get("/users").status_code == 404
    guest = Guest(server)
    guest.log_in(partner)
    assert guest.send(f"{own}/ownership", is_owner="on").status_code == 303
    assert chief.get("/users").status_code == 200


def test_a_user_is_deleted_when_the_owner_is_sure(server: ServerProcess, host: Database, chief: Guest) -> None:
    vera = new_user(host, {})
    guest = Guest(server)
    guest.log_in(vera)
    assert chief.send(f"/users/{vera.id}/delete").status_code == 400
    assert guest.is_in()
    assert chief.send(f"/users/{vera.id}/delete", is_sure="on").headers["location"] == "/cabinet/users?done=deleted"
    assert not guest.is_in()
    assert chief.get(f"/users/{vera.id}").status_code == 404
    assert vera.login not in chief.get("/users").text


@pytest.mark.parametrize("path", ["", "/1", "/1/role", "/invitation", "/second-factor", "/revoke", "/1/delete"])
def test_users_are_for_owners_of_the_installation(keeper: Guest, path: str) -> None:
    answer = keeper.get(f"/users{path}") if path in ("", "/1") else keeper.send(f"/users{path}")
    assert answer.status_code == 404
    assert 'href="/cabinet/users"' not in answer.text


@pytest.mark.parametrize("user_id", [0, 999, 10**30])
def test_a_user_who_does_not_exist_is_not_found(chief: Guest, user_id: int) -> None:
    assert chief.get(f"/users/{user_id}").status_code == 404
    for action in ("role", "ownership", "password", "logout", "second-factor", "delete"):
        assert chief.send(f"/users/{user_id}/{action}").status_code == 404


# Lost passwords and second factors.


def test_a_link_sets_a_password_once_and_logs_the_person_out_elsewhere(
    server: ServerProcess, host: Database, chief: Guest
) -> None:
    vera = new_user(host, {})
    elsewhere = Guest(server)
    elsewhere.log_in(vera)
    first, second = (key_in(chief.send(f"/users/{vera.id}/password")) for _ in range(2))
    assert Guest(server).get("/password", key=first).status_code == 403, "a new link voids the one before"
    assert elsewhere.is_in()
    guest = Guest(server)
    assert guest.get("/password", key=second).status_code == 200
    assert guest.send("/password", key=second, password="short").status_code == 400
    assert guest.send("/password", key=second, password=NEW_PASSWORD).status_code == 303
    assert guest.is_in()
    assert not elsewhere.is_in()
    assert Guest(server).send("/password", key=second, password=PASSWORD).status_code == 403
    assert Guest(server).log_in(vera).status_code == 403
    assert Guest(server).log_in(vera, NEW_PASSWORD).status_code == 303


def test_a_person_is_logged_out_everywhere_and_keeps_the_password(
    server: ServerProcess, host: Database, chief: Guest
) -> None:
    vera, other = new_user(host, {}), logged_in(server, host)
    browsers = [Guest(server) for _ in range(3)]
    for browser in browsers:
        browser.log_in(vera)
        assert browser.is_in()
    assert "Готово: сеансы завершены." in text_of(chief.post(f"/users/{vera.id}/logout").text)
    assert [browser.is_in() for browser in browsers] == [False] * 3
    assert other.is_in()
    assert chief.is_in()
    assert browsers[0].log_in(vera).status_code == 303
    assert browsers[0].is_in()


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_person_is_logged_out_of_every_process(
    start_server: Callable[..., ServerProcess], start_server_on: Callable[..., ServerProcess]
) -> None:
    first = start_server()
    second = start_server_on(first.database_url)
    database = open_database(first.database_url)
    chief, vera = logged_in(first, database), new_user(database, {})
    guest, elsewhere = Guest(first), Guest(second)
    guest.log_in(vera)
    elsewhere.log_in(vera)
    assert elsewhere.is_in()
    chief.send(f"/users/{vera.id}/logout")
    assert not guest.is_in()
    assert not elsewhere.is_in()
    database.close()


def test_a_link_for_a_password_ends_after_a_day(server: ServerProcess, host: Database, chief: Guest) -> None:
    vera = new_user(host, {})
    key = key_in(chief.send(f"/users/{vera.id}/password"))
    with host.read() as connection:
        (made_at, ends_at), *_ = connection.execute(
            invitation.select().with_only_columns(invitation.c.created_at, invitation.c.expires_at)
        ).all()
    assert ends_at - made_at == timedelta(days=1)
    with host.write() as connection:
        connection.execute(update(invitation).values(expires_at=datetime.now(UTC)))
    assert Guest(server).get("/password", key=key).status_code == 403


def test_an_owner_of_a_site_opens_no_account_that_has_rights_elsewhere(
    server: ServerProcess, host: Database, chief: Guest, keeper: Guest, owner: Player, stranger: Player
) -> None:
    place = f"/{owner.site.id}/settings/users"
    here = new_user(host, {owner.site.id: Role.ANALYST})
    both = new_user(host, {owner.site.id: Role.READER, stranger.site.id: Role.OWNER})
    over_all = new_user(host)
    with host.write() as connection:
        connection.execute(membership.insert().values(user_id=over_all.id, site_id=owner.site.id, role="reader"))
    nobody = new_user(host, {stranger.site.id: Role.READER})
    for user, status in ((here, 303), (both, 403), (over_all, 403), (nobody, 404)):
        guest = Guest(server)
        guest.log_in(user)
        assert keeper.send(f"{place}/logout", user=str(user.id)).status_code == status
        assert guest.is_in() is (status != 303)
    assert keeper.get(place).text.count(f'action="/cabinet/{owner.site.id}/settings/users/logout"') == 2
    answers = [keeper.send(f"{place}/password", user=str(user.id)) for user in (here, both, over_all, nobody)]
    assert [answer.status_code for answer in answers] == [200, 403, 403, 404]
    assert chief.send(f"{place}/password", user=str(both.id)).status_code == 200
    key = key_in(answers[0])
    assert Guest(server).send("/password", key=key, password=NEW_PASSWORD).status_code == 303


def test_an_owner_turns_off_the_second_factor_of_a_person_who_lost_it(
    server: ServerProcess, host: Database, chief: Guest
) -> None:
    vera = new_user(host, {})
    with host.write() as connection:
        mine = update(user_table).where(user_table.c.id == vera.id)
        connection.execute(mine.values(totp_secret="A" * 32, totp_used_step=0))
    guest = Guest(server)
    assert guest.log_in(vera).headers["location"].startswith("/cabinet/login/code")
    assert chief.send(f"/users/{vera.id}/second-factor").status_code == 303
    assert guest.get("/login/code").headers["location"].startswith("/cabinet/login?")
    assert guest.log_in(vera).headers["location"] == "/cabinet/"


def test_an_owner_demands_a_second_factor_of_everybody(server: ServerProcess, host: Database, chief: Guest) -> None:
    vera = logged_in(server, host, {})
    assert vera.is_in()
    chief.send("/users/second-factor", is_demanded="on")
    try:
        assert vera.get("/profile").headers["location"] == "/cabinet/profile/second-factor"
        assert chief.get("/users").headers["location"] == "/cabinet/profile/second-factor"
    finally:
        with host.write() as connection:
            connection.exec_driver_sql("DELETE FROM installation")
    assert vera.is_in()


def test_hostile_names_are_text(server: ServerProcess, host: Database, chief: Guest, served: Stage) -> None:
    site = served.open_site(name="<script>alert(1)</script>").site
    vera = new_user(host, {site.id: Role.OWNER}, login='"><img src=x>')
    guest = Guest(server)
    guest.log_in(vera)
    pages = [
        guest.get("/profile"),
        guest.get(f"/{site.id}/settings/users"),
        chief.get("/users"),
        chief.get(f"/users/{vera.id}"),
        chief.send(f"/users/{vera.id}/password"),
    ]
    for page in pages:
        assert page.status_code == 200
        assert "<img src=x" not in page.text
        assert "<script>alert" not in page.text
