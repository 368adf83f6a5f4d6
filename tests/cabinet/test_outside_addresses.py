"""E-mails to addresses of no users: an owner sees who set them up, and stops them when that person leaves."""

import html
import re

import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.storage.accounts.users import find_user
from dealtrace.storage.alerts.alerts import list_alerts
from dealtrace.storage.mails.scheduled_reports import list_scheduled_reports
from engines import on_one_engine
from guests import Guest, logged_in, member_of, text_of
from server import ServerProcess

pytestmark = on_one_engine
USERS = "settings/users"
REPORT = {"title": "Weekly", "question": "metrics=deals", "rhythm": "weekly", "hour": "9"}
RULE = {"kind": "above", "metric": "deals", "window": "day", "amount": "3"}
WORDS = {
    "en": ("E-mails to addresses that belong to no user", "no longer has access", "will still be sent to addresses"),
    "ru": ("Письма на адреса, за которыми нет пользователей", "доступа больше нет", "продолжат приходить на адреса"),
}


def user_id_of(served: Stage, login: str) -> int:
    with served.database.read() as connection:
        user = find_user(connection, login)
        assert user is not None
        return user.id


def recipients_of(served: Stage, owner: Player) -> list[list[str]]:
    """Return the recipients of each report, then those of each alert."""
    with served.database.read() as connection:
        reports = [report.recipients for report in list_scheduled_reports(connection, owner.site.id)]
        alerts = [alert.rule.recipients for alert in list_alerts(connection, owner.site.id)]
    return [[each.address for each in recipients] for recipients in (*reports, *alerts)]


def set_up_mails(author: Guest, user_id: int) -> None:
    """Let a person set up a report for an address, one for an address and themselves, and an alert for an address."""
    assert author.send("settings/mail-reports", **REPORT, recipients="agency@example.com").status_code == 303
    both = {**REPORT, "title": "Both", "member": str(user_id), "recipients": "home@example.com en"}
    assert author.send("settings/mail-reports", **both).status_code == 303
    assert author.send_seen("settings/alerts", **RULE, recipients="agency@example.com").status_code == 303


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("is_deleted", [False, True])
def test_mails_that_outlive_their_author_are_named_and_stopped_by_the_owner(
    server: ServerProcess, served: Stage, owner: Player, language: str, is_deleted: bool
) -> None:
    heading, is_gone, will_stay = WORDS[language]
    boss = member_of(server, served, owner.site.id, language=language)
    assert heading not in text_of(boss.get(USERS).text), "nothing is sent to addresses yet"
    agent = member_of(server, served, owner.site.id, Role.ANALYST)
    user_id = user_id_of(served, agent.login)
    set_up_mails(agent, user_id)
    page = text_of(boss.get(USERS).text)
    assert heading in page
    assert is_gone not in page
    assert page.partition(heading)[2].count(agent.login) == 3
    if is_deleted:
        chief = logged_in(server, served.database, language=language)
        shown = text_of(chief.get(f"/users/{user_id}").text)
        assert will_stay in shown
        assert "Weekly – agency@example.com" in shown
        assert chief.send(f"/users/{user_id}/delete", is_sure="on").status_code == 303
        chief.http.close()
    else:
        boss.send(f"{USERS}/role", user=str(user_id), role="")
    page = boss.get(USERS).text
    assert text_of(page).count(is_gone) == 3
    for _ in range(3):
        page = boss.get(USERS).text
        (action, act), *_ = re.findall(
            r'action="([^"]+/(?:mail-reports|alerts)/\d+)".*?name="act" value="(\w+)"', page, re.DOTALL
        )
        place = html.unescape(action).partition(f"/cabinet/{owner.site.id}/")[2]
        assert boss.send(place, act=act).status_code == 303
    assert heading not in text_of(boss.get(USERS).text)
    assert recipients_of(served, owner) == [[agent.login], []], "users stay; a report without recipients is removed"
    changes = text_of(boss.get("settings/changes").text)
    assert "agency@example.com" in changes, "the history says what was stopped, and can undo it"


def test_addresses_of_another_author_are_not_named_at_a_user(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    agent, other = (member_of(server, served, owner.site.id, Role.ANALYST) for _ in range(2))
    set_up_mails(agent, user_id_of(served, agent.login))
    chief = logged_in(server, served.database, language="en")
    for guest, is_named in ((agent, True), (other, False)):
        page = chief.get(f"/users/{user_id_of(served, guest.login)}").text
        assert ("agency@example.com" in page) is is_named
    agent_id = user_id_of(served, agent.login)
    boss = member_of(server, served, owner.site.id)
    boss.send(f"{USERS}/role", user=str(agent_id), role="")
    page = chief.get(f"/users/{agent_id}").text
    assert page.count("agency@example.com") == 2, "the e-mails go on without the role"
    assert text_of(page).count("no longer has access") == 3
    chief.send(f"/users/{agent_id}/ownership", is_owner="on")
    page = text_of(chief.get(f"/users/{agent_id}").text)
    assert "agency@example.com" in page
    assert "no longer has access" not in page, "an owner of the installation is at home here"
    stranger = served.open_site()
    assert "agency@example.com" not in member_of(server, served, stranger.site.id).get(USERS).text
    chief.http.close()
