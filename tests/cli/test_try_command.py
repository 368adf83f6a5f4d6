"""`dealtrace try`: what other rules would do, and nothing stored."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cast import Player, Stage, moscow
from commands import Terminal
from dealtrace.accounts.setting_effects import CountedDeals, DayEffect, Effect
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cli.deals.setting_effects import effect_lines
from dealtrace.operations.deals.register import register_deals
from server import ServerProcess
from stored import rows_of
from waiting import wait_for_a_day_that_lasts
from write_commands import by_contact, registration

PHONE = "79161234{:03}"
DAY = ("--from", "2018-03-26", "--to", "2018-03-26")
YANDEX = TrafficSource("yandex", "cpc")
LANDING = "https://shop.ru/?utm_source=yandex&utm_medium=cpc"


def register(server: ServerProcess, player: Player, number: int, **sent: Any) -> int:
    deal_id: int = server.register(
        player.token, orderNumber=f"n{number}", phoneNumber=PHONE.format(number), orderSum="1000.50", **sent
    ).json()["orderId"]
    return deal_id


def test_it_shows_the_match_rate_the_moves_and_the_flips_and_stores_nothing(
    server: ServerProcess, served: Stage, beside: Terminal
) -> None:
    player = served.open_site()
    visit = served.visit(player, moscow("2018-03-25"), YANDEX, landing_url=LANDING)
    near, far = [
        served.call(player, moscow("2018-03-26", at), seconds=0, phone=PHONE.format(number), visit_id=visit.id)
        for number, at in enumerate(("09:50:00", "07:00:00"))
    ]
    deals = [register(server, player, number) for number in range(3)]
    stored = rows_of(served.database, player)
    site = str(player.site.id)
    answer = beside.json("try", site, "contact_matching=on", *DAY)
    assert answer["before"] == {"withLead": 0, "attributed": 0, "matchRate": "0.000000"}
    assert answer["after"] == {"withLead": 1, "attributed": 1, "matchRate": "0.333333"}
    assert (answer["deals"], answer["otherLead"], answer["otherSource"], answer["pinned"], answer["leadKept"]) == (
        3,
        1,
        1,
        0,
        0,
    )
    assert answer["moves"] == [
        {
            "fromSource": None,
            "fromMedium": None,
            "toSource": "yandex",
            "toMedium": "cpc",
            "deals": "1.000000",
            "rubles": "1000.50",
        }
    ]
    (flip,) = answer["flips"]
    assert (flip["orderId"], flip["orderNumber"], flip["sum"]) == (deals[0], "n0", "1000.50")
    assert flip["before"] == {"lead": None, "sources": [{"source": None, "medium": None, "share": "1.000000"}]}
    assert flip["after"]["lead"] == {"kind": "call", "id": near.id}
    assert (answer["firstDay"], answer["lastDay"], answer["tried"]) == (
        "2018-03-26",
        "2018-03-26",
        {"contact_matching": "on"},
    )
    said = beside.done("try", site, "contact_matching=on", "threshold=10800", *DAY, "--limit", "1").out
    assert "Deals with a lead or source: 0.0% → 66.7%" in said
    assert "  (no source) → yandex / cpc\n    2 deals, 2001.00 rubles\n" in said
    assert "Deals whose lead or source would change (1 of 2, more with --limit):" in said
    assert f"    no lead → call {near.id}\n" in said
    assert f"call {far.id}" not in said
    assert all(len(line) <= 80 for line in said.splitlines())
    assert rows_of(served.database, player) == stored


def test_a_pinned_deal_never_flips_and_a_kept_lead_is_said(
    server: ServerProcess, served: Stage, owner: Player, beside: Terminal
) -> None:
    site = str(owner.site.id)
    for number in (10, 11):
        served.call(owner, moscow("2018-03-26", "07:00:00"), phone=PHONE.format(number))
    pinned, _ = register(server, owner, 10), register(server, owner, 11)
    beside.done("deal", "pin", str(pinned), "--none")
    answer = beside.json("try", site, "threshold=20000", *DAY)
    assert pinned not in [flip["orderId"] for flip in answer["flips"]]
    assert answer["pinned"] == 1
    said = beside.done("try", site, "threshold=20000", *DAY).out
    assert "1 pinned deal would keep the lead chosen by hand." in said
    served.call(owner, moscow("2018-03-26", "09:59:00"), phone=PHONE.format(11))
    said = beside.done("try", site, "contact_matching=off", *DAY).out
    assert "1 deal would keep a lead" in said
    assert "threshold and order" not in said
    for rule in ("threshold=20000", "order=calls,requests"):
        said = beside.done("try", site, "contact_matching=off", rule, *DAY).out
        assert "threshold and order need contact_matching=on" in said


def test_another_model_and_own_hosts_move_money_by_shares(
    server: ServerProcess, served: Stage, beside: Terminal
) -> None:
    player = served.open_site(contact_matching=True)
    served.visit(player, moscow("2018-03-20"), YANDEX, landing_url=LANDING)
    last = served.visit(
        player, moscow("2018-03-25"), TrafficSource("pay.example", "referral"),
        landing_url="https://shop.ru/", referrer="https://pay.example/",
    )  # fmt: skip
    served.call(player, moscow("2018-03-26", "09:50:00"), phone=PHONE.format(20), visit_id=last.id)
    register(server, player, 20)
    site = str(player.site.id)
    (move,) = beside.json("try", site, "model=4", *DAY)["moves"]
    assert (move["fromSource"], move["toSource"]) == ("pay.example", "yandex")
    assert (move["deals"], move["rubles"]) == ("0.500000", "500.25")
    (move,) = beside.json("try", site, "own=pay.example", *DAY)["moves"]
    assert (move["fromSource"], move["toSource"], move["rubles"]) == ("pay.example", "yandex", "1000.50")
    said = beside.done("try", site, "model=4", *DAY).out
    assert "    pay.example / referral → pay.example / referral 50%, yandex / cpc 50%\n" in said
    assert "    0.5 deals, 500.25 rubles\n" in said


def test_hosts_are_tried_on_leads_and_visits_too(served: Stage, beside: Terminal) -> None:
    player = served.open_site()
    sent = {"landing_url": "https://shop.ru/", "referrer": "https://pay.example/"}
    visit = served.visit(player, moscow("2018-03-26", "09:00:00"), TrafficSource("pay.example", "referral"), **sent)
    served.call(player, moscow("2018-03-26", "09:50:00"), phone=PHONE.format(21), visit_id=visit.id)
    site = str(player.site.id)
    answer = beside.json("try", site, "payment=pay.example", *DAY)
    assert (answer["leads"], answer["visits"]) == ({"otherSource": 1, "tried": 1}, {"otherSource": 1, "tried": 1})
    said = beside.done("try", site, "signin=pay.example", *DAY).out
    assert "Leads with another source: 1 of 1\nVisits with another source: 1 of 1\n" in said
    misspelt = beside.run("try", site, "no_host=pay.exmaple", *DAY)
    assert (misspelt.status, "the site has no host pay.exmaple" in misspelt.err) == (1, True)


def test_every_other_setting_is_tried_too(server: ServerProcess, served: Stage, beside: Terminal) -> None:
    player = served.open_site()
    register(server, player, 30)
    stored = rows_of(served.database, player)
    site = str(player.site.id)
    answer = beside.json("try", site, "timezone=Pacific/Auckland", "name=[b]", *DAY)
    assert [effect["key"] for effect in answer["effects"]] == ["timezone", "name"]
    assert answer["effects"][0]["figures"][1] == {"name": "rubles_on_another_day", "before": None, "after": "0.00"}
    assert "flips" not in answer
    said = beside.done("try", site, "timezone=Pacific/Auckland", "name=[b]", "model=4", *DAY).out
    assert "Deals with a lead or source:" in said
    assert "timezone: Europe/Moscow → Pacific/Auckland\n" in said
    assert "name: Shop → [b]\n  Pages, e-mails and files show the new name." in said
    assert all(len(line) <= 80 for line in said.splitlines())
    assert "The site already has these settings." in beside.done("try", site, "name=Shop").out
    assert rows_of(served.database, player) == stored


def test_money_of_other_currencies_moves_in_rubles(served: Stage, beside: Terminal) -> None:
    player = served.open_site()
    visit = served.visit(player, moscow("2018-03-25"), YANDEX, landing_url=LANDING)
    served.call(player, moscow("2018-03-26", "09:50:00"), seconds=0, phone=PHONE.format(30), visit_id=visit.id)
    deals = [
        registration(
            f"n{currency}", amount_rub=Decimal("10.5"), currency=currency, clue=by_contact(PHONE.format(30)),
            happened_at=moscow("2018-03-26", "10:00:00"),
        )
        for currency in ("usd", "eur", None)
    ]  # fmt: skip
    served.perform(register_deals, player, *deals)
    site = str(player.site.id)
    beside.done("rate", "set", site, "usd", "100", "--from", "2018-03-01")
    answer = beside.json("try", site, "contact_matching=on", *DAY)
    (move,) = answer["moves"]
    assert (move["deals"], move["rubles"], answer["withoutRate"]) == ("3.000000", "1060.50", 1)
    assert sorted((flip["sum"], flip["currency"]) for flip in answer["flips"] if flip["currency"]) == [
        ("10.50", "eur"), ("10.50", "usd"),
    ]  # fmt: skip
    said = beside.done("try", site, "contact_matching=on", *DAY).out
    assert "    3 deals, 1060.50 rubles\n" in said
    assert "10.50 USD\n" in said
    assert "The amounts in rubles leave out 1 deal in currencies without a rate:" in said
    assert f"  dealtrace rate set {site} CURRENCY RUBLES --from DAY\n" in said


def test_money_that_is_not_known_is_not_zero(served: Stage, beside: Terminal) -> None:
    player = served.open_site()
    visit = served.visit(player, moscow("2018-03-25"), YANDEX, landing_url=LANDING)
    served.call(player, moscow("2018-03-26", "09:50:00"), seconds=0, phone=PHONE.format(31), visit_id=visit.id)
    sold = registration(
        "n1", amount_rub=Decimal("10.5"), currency="eur", clue=by_contact(PHONE.format(31)), status="new",
        happened_at=moscow("2018-03-26", "23:30:00"),
    )  # fmt: skip
    served.perform(register_deals, player, sold)
    site, tried = str(player.site.id), ("contact_matching=on", "threshold=86400")
    answer = beside.json("try", site, *tried, "timezone=Asia/Vladivostok", "status.new=won", *DAY)
    (move,) = answer["moves"]
    assert (move["deals"], move["rubles"]) == ("1.000000", None)
    zone, status = answer["effects"]
    assert {"name": "rubles_on_another_day", "before": None, "after": None} in zone["figures"]
    assert [day["rubles"] for day in zone["days"]] == [[None, "0.00"], ["0.00", None]]
    assert {"name": "won_rubles", "before": "0.00", "after": None} in status["figures"]
    said = beside.done("try", site, *tried, "timezone=Asia/Vladivostok", "status.new=won", *DAY).out
    assert "    1 deal, amount unknown\n" in said
    assert "  Amount of deals that move to another day: unknown\n" in said
    assert "  Won amount: 0.00 → unknown\n" in said
    assert "1 → 0 deals, unknown → 0.00 rubles\n" in said


def test_without_days_it_is_the_last_28_of_the_site(beside: Terminal, owner: Player) -> None:
    wait_for_a_day_that_lasts(owner.site.time_zone)
    answer = beside.json("try", str(owner.site.id), "model=1")
    assert (answer["deals"], answer["flips"], answer["moves"]) == (0, [], [])
    assert answer["after"]["matchRate"] is None
    said = beside.done("try", str(owner.site.id), "model=1").out
    assert f"deals of {answer['firstDay']} to {answer['lastDay']} (Europe/Moscow): 0" in said
    assert "Deals with a lead or source: – → –" in said
    assert "The site already has model=1." in said
    assert "already has" not in beside.done("try", str(owner.site.id), "model=4").out
    state, other = ("on", "off") if owner.site.contact_matching else ("off", "on")
    said = beside.done("try", str(owner.site.id), f"contact_matching={state}").out
    assert f"The site already has contact_matching={state}." in said
    assert "already has" not in beside.done("try", str(owner.site.id), f"contact_matching={other}").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("window=1",), "contact_matching, threshold, order, model, own"),
        (("threshold",), "contact_matching, threshold, order, model, own"),
        (("threshold=x",), "from 0 to 316224000"),
        (("contact_matching=1",), "on or off"),
        (("order=calls",), "requests,calls"),
        (("model=9",), "4 (linear)"),
        (("own=?",), "pay.example.com"),
        (("search=find.example",), "HOST:NAME"),
        (("timezone=Mars",), "there is no such time zone"),
        (("name=a", "name=b"), "twice"),
        (("model=1", "model=2"), "twice"),
        (("model=1", "--from", "2018-03-27", "--to", "2018-03-26"), "--from is after --to. Set --from to the earlier"),
        (("model=1", "--from", "2099-01-01"), "--from is after today"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_cure(
    beside: Terminal, owner: Player, arguments: tuple[str, ...], words: str
) -> None:
    assert words in beside.refused("try", str(owner.site.id), *arguments)


def test_it_refuses_a_site_there_is_not(beside: Terminal) -> None:
    assert "Site 999999 not found" in beside.refused("try", "999999", "model=1")


def test_one_deal_of_a_day_is_one_deal() -> None:
    day = DayEffect(date(2026, 5, 4), CountedDeals(2, 200), CountedDeals(1, 100))
    assert list(effect_lines([Effect("timezone", "UTC", "Europe/Moscow", days=(day,))]))[-1] == (
        "  2026-05-04: 2 → 1 deal, 2.00 → 1.00 rubles"
    )
