"""Costs that were imported under a wrong account are deleted, after a preview, from the page of costs or of changes."""

import re
from datetime import date, timedelta

import pytest

from browser import Browser
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.attribution.cost import Cost, CostAccount, CostImportSource
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.reports.import_costs import import_costs
from guests import Guest, agreed_in, member_of, text_of
from server import ServerProcess
from stored import rows_of
from write_commands import utc_now

PLACE = "costs/remove"
DAY = date(2024, 3, 1)
SPRING = TrafficSource("yandex", "cpc", "Весна")
WRONG, RIGHT = CostAccount("yandex", "mian 1"), CostAccount("yandex", "main")
OF_WRONG, OF_RIGHT = "file yandex mian+1", "file yandex main"


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, owner: Player) -> Guest:
    """Give an analyst of a site that has costs of two accounts on three days, in English."""
    for player in (owner, served.open_site()):
        for account in (WRONG, RIGHT):
            store(served, player, account, *(DAY + timedelta(days=day) for day in range(3)))
    return member_of(server, served, owner.site.id, Role.ANALYST)


def store(stage: Stage, player: Player, account: CostAccount, *days: date) -> None:
    """Import a cost of 100 rubles on each day."""
    stage.ids.ensure(10)
    costs = [Cost(day, SPRING, 100_00) for day in days]
    with stage.database.write() as connection:
        import_costs(stage.work(connection, player), account, set(days), costs)


def days_of(stage: Stage, player: Player) -> list[tuple[str, date]]:
    """List the accounts and the days of the stored costs."""
    return sorted((row[4], row[1]) for row in rows_of(stage.database, player).get("cost", []))


def plain(page: str) -> str:
    return text_of(page).replace("\u202f", " ").replace("\u00a0", " ")


def test_costs_of_an_account_are_deleted_after_a_preview(
    server: ServerProcess, served: Stage, owner: Player, analyst: Guest
) -> None:
    before = days_of(served, owner)
    asked = analyst.post(PLACE, of=OF_WRONG)
    assert "Account yandex mian 1 Costs 3 Days 3: 1 Mar 2024 – 3 Mar 2024 Total 300 ₽" in plain(asked.text)
    assert days_of(served, owner) == before
    store(served, owner, WRONG, DAY + timedelta(days=5))
    again = analyst.post(PLACE, of=OF_WRONG, agreed=agreed_in(asked))
    assert "Costs 4" in plain(again.text), "more came meanwhile"
    assert "The preview has changed since you saw it." in plain(again.text)
    assert "This differs" not in plain(asked.text)
    assert "Removed." in plain(analyst.post(PLACE, of=OF_WRONG, agreed=agreed_in(again)).text)
    assert days_of(served, owner) == [(account, day) for account, day in before if account == "main"]
    boss = member_of(server, served, owner.site.id)
    words = plain(boss.get("settings/changes").text)
    assert f"{analyst.login} Costs deleted: yandex mian 1, 1 Mar 2024 – 6 Mar 2024" in words
    assert analyst.post(PLACE, of=OF_WRONG).status_code == 404, "the account has no costs any more"


def test_what_was_agreed_for_one_account_deletes_no_equal_costs_of_another(
    served: Stage, owner: Player, analyst: Guest
) -> None:
    before = days_of(served, owner)
    asked = analyst.post(PLACE, of=OF_WRONG)
    assert "Costs 3" in plain(asked.text)
    other = analyst.post(PLACE, of=OF_RIGHT, agreed=agreed_in(asked))
    assert "Costs 3" in plain(other.text)
    assert "The preview has changed since you saw it." in plain(other.text)
    assert days_of(served, owner) == before


def test_what_would_be_deleted_stands_above_the_table_of_costs(analyst: Guest) -> None:
    asked = analyst.post(PLACE, of=OF_WRONG).text
    assert asked.index('id="removal"') < asked.index("<table>")
    assert asked.count('id="removal"') == 1
    shown = analyst.get("costs", unmet="1").text
    assert shown.index("<table>") < shown.index('id="import"') < shown.index('id="removal"')
    assert 'unmet=1#unmet"' in shown
    assert shown.index('id="unmet"') < shown.index('id="import"')


def test_only_the_chosen_days_go(served: Stage, owner: Player, analyst: Guest) -> None:
    chosen = {"of": OF_RIGHT, "since": "2024-03-02", "until": "2024-03-02"}
    asked = analyst.post(PLACE, **chosen)
    assert "Costs 1 Days 1: 2 Mar 2024 Total 100 ₽" in plain(asked.text)
    analyst.post(PLACE, **chosen, agreed=agreed_in(asked))
    assert [day for account, day in days_of(served, owner) if account == "main"] == [DAY, DAY + timedelta(days=2)]
    assert "no costs on these days" in plain(analyst.post(PLACE, **chosen).text)
    refused = analyst.post(PLACE, **{**chosen, "since": "yesterday"})
    assert refused.status_code == 400
    assert 'id="fault-since"' in refused.text


def test_accounts_of_a_neighbour_are_unknown_and_readers_may_not(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player, analyst: Guest
) -> None:
    neighbour = member_of(server, served, stranger.site.id, Role.ANALYST)
    assert neighbour.post(PLACE, of=OF_WRONG).status_code == 404
    assert "Delete costs" not in neighbour.get("costs").text
    assert member_of(server, served, owner.site.id, Role.READER).post(PLACE, of=OF_WRONG).status_code == 403
    assert len(days_of(served, owner)) == 6
    russian = member_of(server, served, owner.site.id, language="ru")
    assert "Эти расходы будут удалены." in russian.post(PLACE, of=OF_WRONG).text


def test_an_import_is_undone_on_the_page_of_changes(
    browser: Browser, server: ServerProcess, served: Stage, owner: Player, analyst: Guest
) -> None:
    boss = member_of(server, served, owner.site.id)
    browser.keep_cookie("session", boss.secret, server.url)
    browser.open(f"{server.url}/cabinet/{owner.site.id}/settings/changes")
    browser.run("document.querySelector('form[action$=\"/costs/remove\"] button').focus()")
    browser.press("Enter")
    browser.wait("document.querySelector('#removal [name=agreed]') !== null && document.readyState === 'complete'")
    assert len(days_of(served, owner)) == 6
    browser.run("document.querySelector('#removal button').focus()")
    browser.press("Enter")
    browser.wait("document.querySelector('[role=status]') !== null")
    assert {account for account, _ in days_of(served, owner)} == {"mian 1"}
    assert browser.complaints == []


def test_imports_of_the_last_week_are_listed_and_undone_unless_a_program_made_them(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    boss = member_of(server, served, owner.site.id)
    today = utc_now().date()
    store(served, owner, CostAccount("vk", "fresh"), today - timedelta(days=1))
    store(served, owner, CostAccount("vk", "fresh"), today)
    store(served, owner, CostAccount("vk", "hourly", CostImportSource.API), today)
    page = boss.get("settings/changes").text
    assert plain(page).count("Costs imported: vk fresh, ") == 2
    assert "hourly" not in page
    assert page.count("/costs/remove") == 2, "the days differ, so each is undone by itself"
    store(served, owner, CostAccount("vk", "fresh"), today)
    assert boss.get("settings/changes").text.count("/costs/remove") == 2, "only the latest of the same day"


def test_an_import_of_days_with_a_gap_is_not_undone_with_the_days_between(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    boss = member_of(server, served, owner.site.id)
    store(served, owner, RIGHT, DAY + timedelta(days=1))
    store(served, owner, RIGHT, DAY, DAY + timedelta(days=2))
    page = boss.get("settings/changes").text
    assert "Costs imported: yandex main, 1 Mar 2024 – 3 Mar 2024" in plain(page)
    assert "/costs/remove" not in page
    store(served, owner, WRONG, DAY, DAY + timedelta(days=1))
    assert "/costs/remove" in boss.get("settings/changes").text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Costs of the chosen days that imports replaced; they cannot be restored"),
        ("ru", "Расходы за выбранные дни, заменённые при импорте: восстановить их нельзя"),
    ],
)
def test_before_costs_are_deleted_a_page_says_how_many_their_imports_replaced(
    server: ServerProcess, served: Stage, owner: Player, analyst: Guest, language: str, words: str
) -> None:
    """Each import of an account counts that replaced costs of the chosen days, and no others."""
    person = member_of(server, served, owner.site.id, Role.ANALYST, language=language)
    assert words not in plain(person.post(PLACE, of=OF_RIGHT).text)
    store(served, owner, RIGHT, DAY, DAY + timedelta(days=1))
    store(served, owner, RIGHT, DAY + timedelta(days=2))
    shown = plain(person.post(PLACE, of=OF_RIGHT, since=f"{DAY}", until=f"{DAY}").text)
    assert re.search(rf"{words} [^;]+: 2 ", shown), shown
    whole = plain(person.post(PLACE, of=OF_RIGHT).text)
    assert re.search(rf"{words} [^;]+: 1; [^;]+: 2 ", whole), "the latest import comes first"
    assert words not in plain(person.post(PLACE, of=OF_WRONG).text)
