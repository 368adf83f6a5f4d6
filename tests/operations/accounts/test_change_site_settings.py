"""Changing the settings of a site."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection

from account_work import account_work
from cast import VLADIVOSTOK, Player, Stage
from dealtrace.accounts.site import Site
from dealtrace.deals.currency import CurrencyRate
from dealtrace.errors import InvalidSetting, NameTaken, Refusal, SiteNotFound, UnknownSetting
from dealtrace.operations.accounts.change_site_settings import COST_PREFIX, NAME_LENGTH_MAX, change_site_settings
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.reports.set_currency_rates import set_rates
from dealtrace.quota.points import POINTS_MAX, PaidMethod
from dealtrace.storage.accounts.revision import find_revision
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.reports.currency_rates import find_rates, list_rates
from stored import side_by_side
from write_commands import NOON


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def change(stage: Stage, player: Player, **wanted: str) -> Site:
    with stage.database.write() as connection:
        return change_site_settings(account_work(connection, NOON), player.site.id, wanted)


def kept(stage: Stage, player: Player) -> Site:
    with stage.database.read() as connection:
        site = find_site(connection, player.site.id)
    assert site is not None
    return site


def test_rates_of_currencies_keep_their_days_in_another_time_zone(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    listed = [
        CurrencyRate("eur", date(2026, 11, 10), Decimal(100)),
        CurrencyRate("usd", date(2026, 11, 10), Decimal(80)),
        CurrencyRate("usd", date(2026, 3, 29), Decimal(70)),
    ]
    with stage.database.write() as connection:
        for player in (shop, neighbour):
            set_rates(stage.work(connection, player), listed)
    for zone in ("Asia/Vladivostok", "America/New_York", "Europe/Moscow", "Europe/Moscow"):
        with stage.database.write() as connection:
            changed = change_site_settings(account_work(connection, NOON), shop.site.id, {"timezone": zone})
            assert set(list_rates(connection, changed)) == set(listed)
            assert set(list_rates(connection, neighbour.site)) == set(listed)
            starts = find_rates(connection, shop.site.id).starts["usd"]
        assert [at.astimezone(changed.time_zone).hour for at in starts] == [0, 0]
    with stage.database.write() as connection:  # by a process that has not yet noticed the zone
        change_site_settings(account_work(connection, NOON), shop.site.id, {"timezone": "Asia/Vladivostok"})
        set_rates(stage.work(connection, shop), [CurrencyRate("usd", date(2026, 11, 10), Decimal(81))])
        changed = require_site(connection, shop.site.id)
        assert [rate.rubles for rate in list_rates(connection, changed) if rate.currency == "usd"] == [81, 70]


@pytest.mark.parametrize(
    ("key", "text", "field", "value"),
    [
        ("name", " Магазин ", "name", "Магазин"),
        ("contact_matching", "on", "contact_matching", True),
        ("contact_matching", "off", "contact_matching", False),
        ("timezone", "Asia/Vladivostok", "time_zone", VLADIVOSTOK),
        ("points_per_day", "0", "points_per_day", 0),
        ("points_per_day", str(POINTS_MAX), "points_per_day", POINTS_MAX),
        ("attribution", "0", "attribution", 0),
        ("respects_do_not_track", "off", "respects_do_not_track", False),
        ("unique_depth_days", "30", "unique_depth", timedelta(days=30)),
        ("unique_depth_days", "0", "unique_depth", None),
        ("target_call_seconds", "0", "target_call", timedelta(0)),
        (
            "cors_origins",
            "https://Shop.example/, http://a.b:81",
            "cors_origins",
            ("https://shop.example", "http://a.b:81"),
        ),
        ("cors_origins", "", "cors_origins", ()),
        ("counter", " Z9Z9Z9Z9", "counter_code", "z9z9z9z9"),
        ("points_cost.register", "5", "point_costs", {"register": 5}),
        ("points_cost.orders-diary", "0", "point_costs", {"orders-diary": 0}),
    ],
)
def test_it_changes_one_setting_and_keeps_the_others(
    stage: Stage, shop: Player, key: str, text: str, field: str, value: Any
) -> None:
    changed = change(stage, shop, **{key: text})
    assert changed == replace(shop.site, **{field: value})
    assert kept(stage, shop) == changed


def test_it_changes_many_at_once(stage: Stage, shop: Player) -> None:
    change(stage, shop, **{"points_cost.register": "2", "points_per_day": "7"})
    changed = change(stage, shop, **{f"points_cost.{method}": "3" for method in PaidMethod}, name="Other")
    assert changed.point_costs == dict.fromkeys(PaidMethod, 3)
    assert (changed.points_per_day, changed.name) == (7, "Other")


def test_it_answers_with_the_site_as_it_stands_when_nothing_is_asked(stage: Stage, shop: Player) -> None:
    assert change(stage, shop) == shop.site


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("name", ""),
        ("name", "x" * (NAME_LENGTH_MAX + 1)),
        ("contact_matching", "yes"),
        ("contact_matching", "ON"),
        ("timezone", "Moscow"),
        ("timezone", ""),
        ("timezone", "../../etc/passwd"),
        ("timezone", "Europe"),
        ("points_per_day", "-1"),
        ("points_per_day", "1.5"),
        ("points_per_day", ""),
        ("points_per_day", "٣"),
        ("points_per_day", str(POINTS_MAX + 1)),
        ("points_per_day", "9" * 5000),
        ("attribution", "7"),
        ("attribution", "last"),
        ("points_cost.register", "-1"),
    ],
)
def test_it_refuses_what_does_not_fit_and_changes_nothing(stage: Stage, shop: Player, key: str, text: str) -> None:
    with pytest.raises(InvalidSetting) as result:
        change(stage, shop, **{"name": "Other", key: text})
    assert result.value.facts["key"] == key
    assert kept(stage, shop) == shop.site


@pytest.mark.parametrize("key", ["", "time_zone", "points_cost", "points_cost.read", "id"])
def test_it_refuses_a_setting_it_does_not_know_and_states_which_there_are(stage: Stage, shop: Player, key: str) -> None:
    with pytest.raises(UnknownSetting) as result:
        change(stage, shop, **{"name": "Other", key: "1"})
    assert "timezone" in result.value.facts["known"]
    assert "points_cost.register" in result.value.facts["known"]
    assert kept(stage, shop) == shop.site


def test_it_refuses_a_site_there_is_not(stage: Stage) -> None:
    with stage.database.write() as connection, pytest.raises(SiteNotFound):
        change_site_settings(account_work(connection, NOON), 10**6, {"name": "Other"})


def test_it_leaves_a_neighbour_as_it_is(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK)
    change(stage, shop, name="Other", timezone="UTC", contact_matching="off")
    assert kept(stage, neighbour) == neighbour.site


@pytest.mark.parametrize(("text", "raised"), [("Other", True), ("", False)])
def test_it_notifies_running_servers_of_a_change_and_of_no_refusal(
    stage: Stage, shop: Player, text: str, raised: bool
) -> None:
    def revision() -> int:
        with stage.database.read() as connection:
            return find_revision(connection)

    before = revision()
    try:
        change(stage, shop, name=text)
    except Refusal:
        assert not raised
    assert (revision() > before) == raised


def test_the_code_of_a_counter_belongs_to_one_site(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    code = neighbour.site.counter_code
    with pytest.raises(NameTaken, match=code):
        change(stage, shop, counter=code)
    assert change(stage, neighbour, counter=code) == neighbour.site


def test_it_loses_none_of_two_changes_by_two_servers(stage: Stage, shop: Player) -> None:
    def setting(**wanted: str) -> Callable[[Connection], Site]:
        return lambda connection: change_site_settings(account_work(connection, NOON), shop.site.id, wanted)

    keys = {f"{COST_PREFIX}{method}": method for method in (PaidMethod.REGISTER, PaidMethod.REQUESTS)}
    first, second = keys
    side_by_side(stage.database, setting(**{first: "7"}), setting(**{second: "9"}))
    costs = kept(stage, shop).point_costs
    assert (costs[keys[first].value], costs[keys[second].value]) == (7, 9)
