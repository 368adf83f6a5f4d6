"""What is done to users, invitations and sites is listed for the owners of the installation."""

import html
import re
from datetime import UTC, datetime

import pytest

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.audit_entry import AuditedAction, AuditEntry
from dealtrace.accounts.rights import Role
from dealtrace.cabinet.rendering import translations_of
from dealtrace.cabinet.users.audit_log import audit_sentence
from dealtrace.operations.accounts.record_change import record_audit_entry
from guests import PASSWORD, Guest, key_in, member_of, new_user, text_of
from server import ServerProcess

NOW = datetime.now(UTC)


@pytest.fixture
def boss(server: ServerProcess, served: Stage, owner: Player) -> Guest:
    """Give an owner of the installation, in English."""
    return member_of(server, served, owner.site.id, None)


def listed(boss: Guest) -> list[tuple[str, str]]:
    """Return who did what, newest first."""
    page = boss.get("/users/changes")
    assert page.status_code == 200
    rows = re.findall(r"</th><td>([^<]*)</td><td>([^<]*)</td></tr>", page.text)
    return [(html.unescape(who), html.unescape(what)) for who, what in rows]


def press(boss: Guest, path: str, **fields: str) -> None:
    """Send a form of an owner of the installation, which is not refused."""
    answer = boss.send(path, **fields)
    assert answer.status_code in (200, 303), text_of(answer.text)


def test_each_act_of_an_owner_names_who_did_what_to_whom(boss: Guest, served: Stage) -> None:
    user = new_user(served.database, {})
    at = f"/users/{user.id}"
    for path, fields, words in (
        (f"{at}/ownership", {"is_owner": "on"}, f"{user.login} made an owner of the installation"),
        (f"{at}/ownership", {}, f"{user.login} no longer an owner of the installation"),
        (f"{at}/second-factor", {}, f"Two-factor authentication of {user.login} turned off"),
        (f"{at}/password", {}, f"Password reset link created for {user.login}"),
        (f"{at}/logout", {}, f"{user.login} logged out everywhere"),
        (f"{at}/delete", {"is_sure": "on"}, f"User {user.login} deleted"),
    ):
        press(boss, path, **fields)
        assert listed(boss)[0] == (boss.login, words)


def test_an_act_that_changes_nothing_is_not_listed(boss: Guest, served: Stage) -> None:
    user = new_user(served.database, {})
    before = listed(boss)
    press(boss, f"/users/{user.id}/ownership")
    press(boss, "/users/second-factor")
    assert listed(boss) == before


def test_invitations_are_listed_with_the_site_and_the_role(boss: Guest, owner: Player) -> None:
    site = f"site {owner.site.id}, analyst"
    press(boss, "/users/invitation", site=str(owner.site.id), role="analyst")
    assert listed(boss)[0] == (boss.login, f"Invitation created: {site}")
    press(boss, "/users/revoke", digest=digest_in(boss, "/users", f"{owner.site.name}: analyst"))
    assert listed(boss)[0] == (boss.login, f"Invitation revoked: {site}")
    press(boss, "settings/users/invitation", role="analyst")
    assert listed(boss)[0] == (boss.login, f"Invitation created: {site}")
    press(boss, "settings/users/revoke", digest=digest_in(boss, "settings/users", "analyst"))
    assert listed(boss)[0] == (boss.login, f"Invitation revoked: {site}")
    press(boss, "/users/invitation", site="installation")
    assert listed(boss)[0] == (boss.login, "Invitation created: owner of the installation")


def digest_in(boss: Guest, path: str, words: str) -> str:
    """Return the digest of the newest open invitation whose row has these words."""
    rows = [row for row in boss.get(path).text.split("<tr>") if words in row and 'name="digest"' in row]
    return rows[0].partition('name="digest" value="')[2].partition('"')[0]


def test_who_accepts_is_listed_with_who_invited_and_their_password_with_themselves(
    boss: Guest, server: ServerProcess
) -> None:
    invited = key_in(boss.send("/users/invitation", site="installation"))
    login = f"vera{boss.site_id}"
    Guest(server).send("/invitation", key=invited, login=login, password=PASSWORD)
    entries = listed(boss)
    assert set(entries[:2]) == {
        (boss.login, f"User {login} created"),
        (boss.login, f"{login} made an owner of the installation"),
    }
    (number,) = re.findall(rf"/cabinet/users/(\d+)\">{login}<", boss.get("/users").text)
    link = key_in(boss.send(f"/users/{number}/password"))
    assert Guest(server).send("/password", key=link, password=PASSWORD).status_code == 303
    assert listed(boss)[0] == (login, f"New password of {login} set")


def test_a_member_who_accepts_ownership_is_listed_with_who_invited(
    boss: Guest, server: ServerProcess, served: Stage, owner: Player
) -> None:
    member = member_of(server, served, owner.site.id, Role.READER)
    member.send("/invitation", key=key_in(boss.send("/users/invitation", site="installation")))
    assert listed(boss)[0] == (boss.login, f"{member.login} made an owner of the installation")


def test_an_owner_of_a_site_is_named_and_does_not_see_the_list(
    boss: Guest, server: ServerProcess, served: Stage, owner: Player
) -> None:
    keeper = member_of(server, served, owner.site.id)
    member = new_user(served.database, {owner.site.id: Role.READER})
    press(keeper, "settings/users/password", user=str(member.id))
    assert listed(boss)[0] == (keeper.login, f"Password reset link created for {member.login}")
    press(keeper, "settings/users/logout", user=str(member.id))
    assert listed(boss)[0] == (keeper.login, f"{member.login} logged out everywhere")
    assert keeper.get("/users/changes").status_code == 404


def test_a_new_site_is_listed(boss: Guest) -> None:
    press(boss, "/sites", name="Ёлки & <b>", timezone="Asia/Omsk", site_id="", token="")
    who, words = listed(boss)[0]
    assert who == boss.login
    assert re.fullmatch(r"Site \d+ Ёлки & <b> created", words)


@pytest.mark.parametrize("kind", AuditedAction)
def test_every_act_has_words_in_both_languages(kind: AuditedAction) -> None:
    for name in ("1 reader", ""):
        entry = AuditEntry(kind, name, NOW, None)
        ru, en = (audit_sentence(entry, translations_of(language).gettext) for language in ("ru", "en"))
        assert ru != en


def test_what_a_command_did_has_no_name(boss: Guest, served: Stage) -> None:
    with served.database.write() as connection:
        record_audit_entry(account_work(connection, datetime.now(UTC)), AuditedAction.SITE_CREATED, "7 Shop")
    assert listed(boss)[0] == ("by a command on the server", "Site 7 Shop created")
