"""The page of currency rates: set, imported and removed by people, counted by reports, listed among the changes."""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

import pytest

from browser import Browser
from cast import Player, Stage, moscow
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_days import site_day
from dealtrace.deals.currency import CurrencyRate
from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.reports.currency_rates import list_rates, upsert_rates
from guests import Guest, member_of, text_of
from server import ServerProcess
from write_commands import registration

PLACE = "settings/rates"
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
RUN_AXE = """axe.run(document, {resultTypes: ['violations']}).then(({violations}) => violations.map(
 each => `${each.id}: ${each.nodes[0].html}`))"""
FILE = "Валюта;Дата;Курс\nUSD;26.03.2018;57,5\neur;01.03.2018;70,125\n"


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, owner: Player) -> Guest:
    """Give an analyst of the site, in English."""
    return member_of(server, served, owner.site.id, Role.ANALYST)


def stored(stage: Stage, player: Player) -> list[tuple[str, str, Decimal]]:
    with stage.database.read() as connection:
        rates: list[CurrencyRate] = list_rates(connection, player.site)
    return [(rate.currency, rate.since_on.isoformat(), rate.rubles.normalize()) for rate in rates]


def plain(page: str) -> str:
    return text_of(page).replace("\u202f", " ").replace("\u00a0", " ")


def agreed_in(page: str) -> str:
    """Return what the form of a forecast sends to save nevertheless."""
    found = re.search('name="agreed" value="([^"]*)"', page)
    assert found is not None
    return html.unescape(found[1])


def register_foreign(served: Stage, owner: Player, *days: str) -> None:
    """Register a deal of 10 dollars at noon of each day."""
    matchers = (Matcher(MatcherKind.CONTACT, contacts=("79205550055",)),)
    sold = {"amount_rub": Decimal(10), "currency": "usd", "matchers": matchers}
    deals = [registration(f"{day} {place}", happened_at=moscow(day), **sold) for place, day in enumerate(days)]
    served.perform(register_deals, owner, *deals)


def test_a_rate_shows_which_amounts_it_changes_before_it_is_saved(
    server: ServerProcess, analyst: Guest, served: Stage, owner: Player, stranger: Player
) -> None:
    register_foreign(served, owner, "2018-02-28", "2018-03-01", "2018-03-31", "2018-04-01")
    register_foreign(served, stranger, "2018-03-01")
    sent = {"currency": "usd", "rubles": "50", "since": "2018-03-01"}
    asked = analyst.post(PLACE, **sent).text
    assert "Deals whose amount in rubles changes 3 Total amount of the affected deals – → 1 500 ₽" in plain(asked)
    assert "Affected deals without a rate (left out of the totals) 3 → 0" in plain(asked)
    assert "Mar 2018 USD 2 – 1 000 ₽ Apr 2018 USD 1 – 500 ₽" in plain(asked)
    assert stored(served, owner) == []
    other = analyst.post(PLACE, **{**sent, "rubles": "51"}, agreed=agreed_in(asked)).text
    assert "1 530 ₽" in plain(other), "what was agreed to was another rate"
    assert "Saved." in plain(analyst.post(PLACE, **sent, agreed=agreed_in(asked)).text)
    april = analyst.post(PLACE, currency="usd", rubles="60", since="2018-04-01").text
    assert "Deals whose amount in rubles changes 1 Total amount of the affected deals 500 ₽ → 600 ₽" in plain(april)
    assert "Saved." in plain(analyst.post(PLACE, **sent).text), "the same rate changes nothing"
    assert "No amount would change." in plain(analyst.post(PLACE, **sent, act="try").text)
    russian = member_of(server, served, owner.site.id, language="ru")
    assert "Сделок, сумма которых в рублях изменится 3 Сумма затронутых сделок 1 500 ₽ → 1 530 ₽" in plain(
        russian.post(PLACE, **{**sent, "rubles": "51"}).text
    )


def test_a_file_and_a_removal_show_it_too(analyst: Guest, served: Stage, owner: Player) -> None:
    register_foreign(served, owner, "2018-03-26", "2018-03-27")
    answer = analyst.send(f"{PLACE}/import", files={"file": ("rates.csv", FILE.encode())}, encoding="")
    assert "Deals whose amount in rubles changes 2 Total amount of the affected deals – → 1 150 ₽" in plain(answer.text)
    assert stored(served, owner) == []
    kept = re.search('name="kept" value="([^"]*)"', answer.text)
    assert kept is not None
    done = analyst.send(f"{PLACE}/import", kept=kept[1], encoding="", agreed=agreed_in(answer.text))
    assert done.status_code == 303
    assert len(stored(served, owner)) == 2
    for since in ("2018-03-26", ""):
        asked = analyst.post(f"{PLACE}/remove", currency="usd", since=since).text
        assert "Total amount of the affected deals 1 150 ₽ → – Affected deals without a rate" in plain(asked)
        assert "without a rate (left out of the totals) 0 → 2" in plain(asked)
        assert len(stored(served, owner)) == 2
    assert "Removed." in plain(analyst.post(f"{PLACE}/remove", currency="usd", agreed=agreed_in(asked)).text)
    assert [currency for currency, _, _ in stored(served, owner)] == ["eur"]


def test_the_forecast_is_confirmed_by_keyboard(
    browser: Browser, server: ServerProcess, analyst: Guest, served: Stage, owner: Player
) -> None:
    register_foreign(served, owner, "2018-03-26")
    browser.keep_cookie("session", analyst.secret, server.url)
    browser.emulate(width=360)
    browser.open(f"{server.url}/cabinet/{owner.site.id}/{PLACE}")
    for name, value in (("currency", "usd"), ("rubles", "50"), ("since", "2018-03-01")):
        browser.run(f"document.querySelector('form.card [name={name}]').value = '{value}'")
    browser.run("document.querySelector('form.card [name=rubles]').focus()")
    browser.press("Enter")
    browser.wait("document.querySelector('#forecast') !== null && document.readyState === 'complete'")
    browser.run(AXE)
    assert browser.run(RUN_AXE) == []
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    browser.run("document.querySelector('form.card [name=rubles]').focus()")
    browser.press("Enter")
    browser.wait("document.querySelector('[role=status]') !== null")
    assert stored(served, owner) == [("usd", "2018-03-01", Decimal(50))]


def test_a_rate_is_set_shown_and_counted(server: ServerProcess, analyst: Guest, served: Stage, owner: Player) -> None:
    moment = datetime.now(UTC) - timedelta(minutes=5)
    matchers = (Matcher(MatcherKind.CONTACT, contacts=("79205550055",)),)
    deal = registration("D-1", happened_at=moment, amount_rub=Decimal(9), currency="usd", matchers=matchers)
    served.perform(register_deals, owner, deal)
    assert "USD – – 0 1" in plain(analyst.get(PLACE).text)
    first_on = site_day(datetime.now(UTC), owner.site.time_zone)
    sent = {"currency": " USD ", "rubles": "92,5", "since": ""}
    asked = analyst.post(PLACE, **sent).text
    assert "Deals whose amount in rubles changes 1 Total amount of the affected deals – → 83" in plain(asked)
    assert stored(served, owner) == []
    shown = plain(analyst.post(PLACE, **sent, agreed=agreed_in(asked)).text)
    days = {first_on, site_day(datetime.now(UTC), owner.site.time_zone)}
    assert "Saved." in shown
    assert "USD 92.5 " in shown
    assert "1 0 Remove" in shown, "a stored rate, no deal without a rate"
    ((currency, since, rubles),) = stored(served, owner)
    assert (currency, rubles) == ("usd", Decimal("92.5"))
    assert since in {day.isoformat() for day in days}
    assert analyst.post(PLACE, currency="usd", rubles="100", since="2018-03-25").status_code == 200
    listed = plain(analyst.get(PLACE, currency="usd").text)
    assert "25 Mar 2018 100" in listed
    assert "Rates of USD" in listed
    changes = plain(member_of(server, served, owner.site.id).get("settings/changes").text)
    assert f"{analyst.login} Rates of usd: – → 100 ₽ from 25 Mar 2018" in changes


@pytest.mark.parametrize(
    ("sent", "faults"),
    [
        ({"currency": "", "rubles": "1"}, ["expected a currency other than the ruble, such as usd"]),
        ({"currency": "RUB", "rubles": "1"}, ["expected a currency other than the ruble, such as usd"]),
        ({"currency": "usd", "rubles": "0.0000001"}, ["a number from 0.000001 to 1000000 is expected, such as 92.5"]),
        ({"currency": "usd", "rubles": "92,345"}, ["92,345: is it 92345 or 92.345?"]),
        ({"currency": "usd", "rubles": "x", "since": "yesterday"}, ['id="fault-rubles"', 'id="fault-since"']),
    ],
)
def test_a_rate_that_does_not_fit_is_refused_beside_its_field(
    analyst: Guest, served: Stage, owner: Player, sent: dict[str, str], faults: list[str]
) -> None:
    answer = analyst.send(PLACE, **sent)
    assert answer.status_code == 400
    assert [fault for fault in faults if fault not in answer.text] == []
    assert f'value="{sent["rubles"]}"' in answer.text, "what was entered stays"
    assert stored(served, owner) == []


def test_a_file_of_rates_is_stored_whole_or_not_at_all(analyst: Guest, served: Stage, owner: Player) -> None:
    broken = analyst.send(f"{PLACE}/import", files={"file": ("rates.csv", f"{FILE}usd;x;1\n".encode())}, encoding="")
    assert broken.status_code == 400
    assert "row 4: column “Дата”:" in plain(broken.text)
    assert stored(served, owner) == []
    assert "Choose a file." in plain(analyst.send(f"{PLACE}/import", encoding="").text)
    unknown = analyst.send(f"{PLACE}/import", files={"file": ("rates.csv", FILE.encode())}, encoding="utf-7")
    assert unknown.status_code == 400
    assert stored(served, owner) == []
    done = analyst.send(f"{PLACE}/import", files={"file": ("rates.csv", FILE.encode())}, encoding="")
    assert done.status_code == 303
    assert stored(served, owner) == [("eur", "2018-03-01", Decimal("70.125")), ("usd", "2018-03-26", Decimal("57.5"))]
    assert "EUR 70.125 1 Mar 2018" in plain(analyst.get(PLACE).text)
    refused = analyst.send(PLACE, currency="rub", rubles="1").text
    assert f'href="/cabinet/{owner.site.id}/{PLACE}?currency=eur#rates"' in refused, "the link works on every page"


def test_the_page_shows_the_latest_of_many_rates(analyst: Guest, served: Stage, owner: Player) -> None:
    first_on = site_day(datetime.now(UTC), owner.site.time_zone) - timedelta(days=500)
    with served.database.write() as connection:
        many = [CurrencyRate("usd", first_on + timedelta(days=day), Decimal(day + 1)) for day in range(600)]
        upsert_rates(connection, owner.site, many)
        upsert_rates(connection, owner.site, [CurrencyRate("usd", first_on, Decimal(7)), *many[1:]])
    shown = plain(analyst.get(PLACE, currency="usd").text)
    assert "Earlier rates that are not shown: 200" in shown
    assert re.search(r"USD 50[12] .* 600 0 Remove", shown), "today's rate; tomorrow's if midnight has passed"
    assert "Earlier rates" not in plain(analyst.get(PLACE).text)
    assert stored(served, owner)[-1][2] == Decimal(7)


def test_all_rates_of_a_currency_are_removed_and_those_of_a_neighbour_stay(
    server: ServerProcess, analyst: Guest, served: Stage, owner: Player, stranger: Player
) -> None:
    neighbour = member_of(server, served, stranger.site.id, Role.ANALYST)
    for person, currency in ((analyst, "usd"), (analyst, "eur"), (neighbour, "gbp")):
        person.send(PLACE, currency=currency, rubles="90", since="2018-03-01")
    assert analyst.send(f"{PLACE}/remove", currency="gbp").status_code == 404
    assert "Removed." in plain(analyst.post(f"{PLACE}/remove", currency="usd").text)
    assert [currency for currency, _, _ in stored(served, owner)] == ["eur"]
    assert [currency for currency, _, _ in stored(served, stranger)] == ["gbp"]


def test_the_page_speaks_russian(server: ServerProcess, served: Stage, owner: Player) -> None:
    person = member_of(server, served, owner.site.id, language="ru")
    person.send(PLACE, currency="usd", rubles="1092.5", since="2018-03-01")
    assert "USD 1 092,5 1 мар 2018" in plain(person.get(PLACE).text)
    assert "ожидается код валюты, но не рубля" in person.send(PLACE, currency="руб", rubles="1").text
