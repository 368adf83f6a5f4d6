"""What trying a setting says is what setting it does; and it stores nothing."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from account_work import account_work
from cast import MOSCOW, Player, Stage, moscow
from dealtrace.accounts.setting_effects import FIGURE_TITLES, CountedDeals, Effect
from dealtrace.accounts.site import Site
from dealtrace.attribution.classification import classify
from dealtrace.deals.amount import AMOUNT_MAX, kopecks_of
from dealtrace.deals.currency import CurrencyRate
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.errors import InvalidSetting, NameTaken, UnknownSetting
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.accounts.change_site_settings import (
    SETTING_KEYS,
    change_site_settings,
    preview_site,
    settings_of,
)
from dealtrace.operations.accounts.name_hosts import add_host, remove_host
from dealtrace.operations.deals.import_deals import import_deals
from dealtrace.operations.reports.set_currency_rates import set_rates
from dealtrace.operations.visits.reclassify import begin_reclassification, list_next_visitors, reclassify_visitors
from dealtrace.operations.what_if.trial import read_trial
from dealtrace.operations.what_if.try_rules import MovedCount, try_on_leads
from dealtrace.operations.what_if.try_settings import TriedDays, try_settings, try_status
from dealtrace.storage.accounts.points import spend_points
from dealtrace.storage.schema.tables.deals import deal
from stored import rows_of
from write_commands import NOON

MARCH = TriedDays(date(2018, 3, 1), date(2018, 3, 31), moscow("2018-03-01"), moscow("2018-04-01"))
OTHER = {
    "name": "Other shop",
    "timezone": "Asia/Vladivostok",
    "contact_matching": "on",
    "attribution": "2",
    "unique_depth_days": "1",
    "target_call_seconds": "600",
    "respects_do_not_track": "off",
    "points_per_day": "5",
    "cors_origins": "https://b.example",
    "counter": "k3v9x0aq",
    "points_cost.register": "7",
}
"""A setting of each kind with another value than a new site has."""


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def effects_of(
    stage: Stage, player: Player, changes: Mapping[str, str], now: datetime = NOON, days: TriedDays = MARCH
) -> list[Effect]:
    """Try settings, and check that nothing was stored."""
    stored = rows_of(stage.database, player)
    with stage.database.read() as connection:
        effects = try_settings(connection, player.site, changes, days, now)
    assert rows_of(stage.database, player) == stored
    return effects


def figures_of(effect: Effect) -> dict[str, tuple[int | None, int]]:
    return {figure.name: (figure.before, figure.after) for figure in effect.figures}


def add_deals(stage: Stage, player: Player, *sold: tuple[str, str, str | None]) -> None:
    stage.ids.ensure(1000)
    with stage.database.write() as connection:
        import_deals(
            stage.work(connection, player),
            [
                IncomingDeal(
                    id=None, number=f"{day} {clock}", happened_at=moscow(day, clock), status="",
                    amount_rub=Decimal(amount) if amount is not None else None,
                )
                for day, clock, amount in sold
            ],
        )  # fmt: skip


def test_every_setting_says_what_it_changes_in_both_languages(stage: Stage) -> None:
    player = stage.open_site()
    assert {key.partition(".")[0] for key in SETTING_KEYS} == {key.partition(".")[0] for key in OTHER}
    changes = {key: text for key, text in OTHER.items() if key not in ("contact_matching", "attribution")}
    effects = effects_of(stage, player, changes)
    assert [effect.key for effect in effects] == list(changes)
    for effect in effects:
        assert effect.sentence("ru") != effect.sentence("en")
        assert (effect.before, effect.after) == (settings_of(player.site)[effect.key], changes[effect.key])
        assert all(FIGURE_TITLES[figure.name]["ru"] for figure in effect.figures)
    (none,) = effects_of(stage, player, {"points_per_day": "5"})
    assert "refused" in none.sentence("en")
    limited = stage.open_site(points_per_day=5)
    (none,) = effects_of(stage, limited, {"points_per_day": "0"})
    assert "no request is refused" in none.sentence("en")


@pytest.mark.parametrize("key", OTHER)
def test_a_site_is_previewed_as_it_is_set(stage: Stage, key: str) -> None:
    player = stage.open_site()
    text = OTHER[key] if key != "counter" else f"{player.site.id:08}"
    with stage.database.read() as connection:
        previewed = preview_site(connection, player.site, {key: text})
    with stage.database.write() as connection:
        assert change_site_settings(account_work(connection, NOON), player.site.id, {key: text}) == previewed
    assert previewed != player.site


def test_a_setting_that_stays_has_no_effect(stage: Stage) -> None:
    player = stage.open_site()
    assert effects_of(stage, player, settings_of(player.site)) == []


def test_what_does_not_fit_is_refused(stage: Stage) -> None:
    player, neighbour = stage.open_site(), stage.open_site()
    with stage.database.read() as connection:
        for changes, refusal in (
            ({"counter": neighbour.site.counter_code}, NameTaken),
            ({"window": "1"}, UnknownSetting),
            ({"timezone": "Mars"}, InvalidSetting),
        ):
            with pytest.raises(refusal):
                try_settings(connection, player.site, changes, MARCH, NOON)


def test_another_time_zone_moves_deals_between_days_and_months(stage: Stage) -> None:
    player, neighbour = stage.open_site(time_zone=MOSCOW), stage.open_site()
    add_deals(stage, neighbour, ("2018-03-26", "23:30:00", "1"))
    add_deals(
        stage, player,
        ("2018-03-26", "23:30:00", "1000.50"),
        ("2018-03-26", "10:00:00", "1"),
        ("2018-03-27", "23:30:00", None),
        ("2018-03-31", "23:30:00", "5"),
        ("2018-04-01", "23:30:00", "99"),
    )  # fmt: skip
    stage.call(player, moscow("2018-03-26", "18:00:00"))
    stage.lead_request(player, moscow("2018-03-26", "09:00:00"))
    (effect,) = effects_of(stage, player, {"timezone": "Asia/Vladivostok"})
    assert figures_of(effect) == {
        "deals_on_another_day": (None, 3),
        "rubles_on_another_day": (None, 100_550),
        "deals_in_another_month": (None, 1),
        "rubles_in_another_month": (None, 500),
        "calls_on_another_day": (None, 1),
        "requests_on_another_day": (None, 0),
        "visits_on_another_day": (None, 0),
    }
    assert [(day.day_on.day, day.before, day.after) for day in effect.days] == [
        (26, CountedDeals(2, 100_150), CountedDeals(1, 100)),
        (27, CountedDeals(1, 0), CountedDeals(1, 100_050)),
        (28, CountedDeals(), CountedDeals(1, 0)),
        (31, CountedDeals(1, 500), CountedDeals()),
        (1, CountedDeals(), CountedDeals(1, 500)),
    ]


def test_a_zone_with_the_same_clock_moves_nothing(stage: Stage) -> None:
    player = stage.open_site(time_zone=MOSCOW)
    add_deals(stage, player, ("2018-03-26", "23:59:59", "1"))
    (effect,) = effects_of(stage, player, {"timezone": "Europe/Minsk"})
    assert {after for _, after in figures_of(effect).values()} == {0}
    assert effect.days == ()


def test_two_settings_of_leads_each_say_what_they_change_with_both(stage: Stage) -> None:
    player = stage.open_site()
    for day, seconds in ((1, 20), (2, 90), (9, 120)):
        stage.call(player, moscow(f"2018-03-{day:02}", "12:00:00"), seconds=seconds)
    unique, target = effects_of(stage, player, {"unique_depth_days": "2", "target_call_seconds": "10"})
    assert figures_of(unique) == {"unique_calls": (1, 2), "unique_requests": (0, 0), "unique_target_calls": (1, 2)}
    assert figures_of(target) == {"target_calls": (2, 3), "unique_target_calls": (1, 2)}


@pytest.mark.parametrize(("key", "text"), [("unique_depth_days", "2"), ("target_call_seconds", "100")])
def test_leads_are_qualified_as_after_the_change(stage: Stage, key: str, text: str) -> None:
    player = stage.open_site()
    for day, seconds in ((1, 20), (2, 90), (9, 120), (10, 300)):
        stage.call(player, moscow(f"2018-03-{day:02}", "12:00:00"), seconds=seconds)
        stage.lead_request(player, moscow(f"2018-03-{day:02}", "13:00:00"), phone="79205550055")
    (effect,) = effects_of(stage, player, {key: text})
    assert any(before != after for before, after in figures_of(effect).values())
    with stage.database.write() as connection:
        after: Site = change_site_settings(account_work(connection, NOON), player.site.id, {key: text})
    changed = Player(after, player.token, player.token_id)
    other = {"unique_depth_days": "0"} if key == "unique_depth_days" else {"target_call_seconds": "30"}
    (back,) = effects_of(stage, changed, other)
    assert figures_of(back) == {name: (new, old) for name, (old, new) in figures_of(effect).items()}


def test_a_status_moves_the_deals_of_all_its_spellings(stage: Stage) -> None:
    player = stage.open_site()
    stage.ids.ensure(1000)
    with stage.database.write() as connection:
        import_deals(
            stage.work(connection, player),
            [
                IncomingDeal(None, f"{number}", status, Decimal(100), moscow("2018-03-26"))
                for number, status in enumerate(("Paid", "paid ", "Open", "Paid"))
            ],
        )
    stored = rows_of(stage.database, player)
    with stage.database.read() as connection:
        effect = try_status(connection, player.site, " PAID", "won", MARCH)
        none = try_status(connection, player.site, "Paid", "open", MARCH)
        with pytest.raises(InvalidSetting):
            try_status(connection, player.site, "Paid", "golden", MARCH)
    assert rows_of(stage.database, player) == stored
    assert effect is not None
    assert (effect.key, effect.before, effect.after) == ("status.PAID", "open", "won")
    assert figures_of(effect) == {
        "won_deals": (0, 3), "won_rubles": (0, 30_000), "lost_deals": (0, 0), "lost_rubles": (0, 0),
    }  # fmt: skip
    assert "Reports use the new meaning" in effect.sentence("en")
    assert none is None


def test_sums_may_exceed_what_an_engine_counts_by(stage: Stage) -> None:
    player = stage.open_site()
    stage.ids.ensure(1000)
    most = [IncomingDeal(None, f"{number}", "Paid", AMOUNT_MAX, moscow("2018-03-26")) for number in range(110)]
    with stage.database.write() as connection:
        import_deals(stage.work(connection, player), most)
    with stage.database.read() as connection:
        effect = try_status(connection, player.site, "Paid", "won", MARCH)
    assert effect is not None
    assert figures_of(effect)["won_rubles"] == (0, kopecks_of(AMOUNT_MAX) * 110)


def test_money_in_another_currency_counts_by_its_rate(stage: Stage) -> None:
    player = stage.open_site()
    stage.ids.ensure(1000)
    with stage.database.write() as connection:
        work = stage.work(connection, player)
        set_rates(work, [CurrencyRate("usd", date(2018, 1, 1), Decimal(60))])
        at = moscow("2018-03-26", "23:30:00")
        currencies = ("usd", "eur", "rub")
        import_deals(work, [IncomingDeal(None, each, "Paid", Decimal(10), at) for each in currencies])
        connection.execute(update(deal).where(deal.c.site_id == player.site.id).values(currency=deal.c.number))
    (effect,) = effects_of(stage, player, {"timezone": "Asia/Vladivostok"})
    assert figures_of(effect)["rubles_on_another_day"] == (None, 61_000), "what has no rate counts as nothing"
    assert figures_of(effect)["deals_at_another_rate"] == (None, 0)
    with stage.database.write() as connection:
        set_rates(stage.work(connection, player), [CurrencyRate("usd", date(2018, 3, 27), Decimal(70))])
    (effect,) = effects_of(stage, player, {"timezone": "Asia/Vladivostok"})
    assert figures_of(effect)["deals_at_another_rate"] == (None, 1), "it would be a deal of the next day"


def test_days_beyond_a_limit_of_points_are_counted(stage: Stage) -> None:
    player = stage.open_site()
    with stage.database.write() as connection:
        for day, points in ((1, 10), (2, 50), (31, 51)):
            spend_points(connection, player.site.id, date(2018, 3, day), points, points_per_day=0)
    (effect,) = effects_of(stage, player, {"points_per_day": "49"}, now=moscow("2018-03-31", "12:00:00"))
    assert figures_of(effect) == {"points_spent_today": (None, 51), "days_beyond_the_limit": (0, 2)}


def test_leads_and_visits_that_hosts_move_are_those_that_reclassifying_moves(stage: Stage) -> None:
    player = stage.open_site()
    landing, pay = "https://shop.ru/", "https://pay.example/done"
    for number, referrer in enumerate((pay, pay, "", "https://news.example/a")):
        visit = stage.visit(
            player, NOON - timedelta(days=1), classify(landing, referrer), visitor=f"v{number}",
            landing_url=landing, referrer=referrer,
        )  # fmt: skip
        stage.call(player, NOON, phone=f"7920555005{number}", visit_id=visit.id)
    period = (NOON - timedelta(days=2), NOON + timedelta(days=1))
    shown: list[tuple[LeadKind | None, int, int]] = []

    def show(kind: LeadKind | None, tried: int, total: int) -> None:
        shown.append((kind, tried, total))

    with stage.database.read() as connection:
        moved = try_on_leads(connection, player.site, read_trial([("payment", "pay.example")]), *period, show=show)
        other = try_on_leads(connection, player.site, read_trial([("model", "0")]), *period)
    assert (moved.leads, moved.visits) == (MovedCount(2, 4, 4), MovedCount(2, 4, 4))
    assert shown == [(LeadKind.CALL, 4, 4), (None, 4, 4)]
    assert (other.leads, other.visits) == (MovedCount(0, 4, 4), MovedCount())
    with stage.database.write() as connection:
        add_host(account_work(connection, NOON), player.site.id, "payment", "pay.example", "")
        player = Player(
            change_site_settings(account_work(connection, NOON), player.site.id, {}), player.token, player.token_id
        )
    stage.ids.ensure(2000)
    with stage.database.write() as connection:
        work = stage.work(connection, player)
        begun = begin_reclassification(work)
        done = reclassify_visitors(work, begun, list_next_visitors(work, begun))
    assert (done.visits_changed, done.leads_moved) == (2, 2)
    with stage.database.read() as connection:
        back = try_on_leads(connection, player.site, read_trial([("no_host", "pay.example")]), *period)
    assert (back.leads.moved, back.visits.moved) == (2, 2)
    with stage.database.write() as connection:
        remove_host(account_work(connection, NOON), player.site.id, "payment", "pay.example")
