"""Rules of figures that engines of databases keep less easily than Python does, each by a small site."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cast import Player, Stage, moscow
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.annotations import Annotations
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.ask import ask, stored_facts
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.operations.reports.set_status import set_status
from dealtrace.reports.answer import Report
from dealtrace.reports.formats import format_figures
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.table_columns import figure_columns, figures_of
from dealtrace.storage.reports import statuses
from write_commands import by_call, by_contact, by_lead_request, change, registration

NOON = moscow("2026-11-10", "12:00:00")
MODEL = AttributionModel.LAST_NON_DIRECT


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    return shared_stage


def asked(stage: Stage, player: Player, *filters: str, now: datetime = NOON, **words: str) -> Report:
    """Ask a question of a site in words."""
    site = player.site
    known = QuestionContext(site_day(now, site.time_zone), AttributionModel(site.attribution), site.custom_fields)
    question = parse_question(RawQuestion(filters=filters, **words), known)
    with stage.database.read() as connection:
        return ask(stored_facts(connection, site), site, question, now)


def asked_everywhere(stage: Stage, player: Player, *filters: str, **words: str) -> list[Report]:
    """Ask a question of a site in words: of the database itself and, beside SQLite, of its mirror."""
    site = player.site
    known = QuestionContext(site_day(NOON, site.time_zone), AttributionModel(site.attribution), site.custom_fields)
    question = parse_question(RawQuestion(filters=filters, **words), known)
    with stage.database.read() as connection, open_facts(stage.database, site) as mirrored:
        return [ask(source, site, question, NOON) for source in (stored_facts(connection, site), mirrored)]


def rows(report: Report) -> dict[Any, Any]:
    """Return the values of rows by their keys; of a single key or value, without its tuple."""
    (model,) = report.total.values
    figures = {row.keys: format_figures(report.question, row.values[model]) for row in report.rows}
    return {
        keys[0] if len(keys) == 1 else keys: shown[0] if len(shown) == 1 else shown for keys, shown in figures.items()
    }


def register(stage: Stage, player: Player, *deals: dict[str, Any], now: datetime | None = None) -> list[int]:
    """Register deals of noon and return their ids."""
    made = [registration(**{"number": str(place), "happened_at": NOON, **deal}) for place, deal in enumerate(deals)]
    return [receipt.deal_id for receipt in stage.perform(register_deals, player, *made, now=now)]


def set_won(stage: Stage, player: Player, status: str) -> None:
    with stage.database.write() as connection:
        set_status(stage.work(connection, player), status, "won")


def test_a_deal_is_found_by_phone_however_its_lead_wrote_the_phone(stage: Stage, shop: Player) -> None:
    stage.call(shop, NOON - timedelta(hours=1), phone="8 (921) 555-00-66, +7 920 555-00-55", reference="7")
    both = by_contact("+7 920 555-00-55", "ann@example.org")
    register(stage, shop, {"clue": both}, {"clue": by_contact("89215550066, 89205550055")})
    stage.lead_request(shop, NOON - timedelta(hours=1), phone="79991234567", email="Bob@Example.org", number="7")
    register(
        stage, shop,
        {"number": "c", "clue": by_contact("79205550077", "eva@example.org, bob@example.org")},
        {"number": "d", "clue": by_call(None, "7", clue=by_contact("79991234567"))},
        {"number": "e", "clue": by_call(None, "8", clue=by_contact("79991234567"))},
    )  # fmt: skip
    assert rows(asked(stage, shop, by="match_reason", metrics="deals")) == {"phone": 3, "call_reference": 1, "email": 1}


def test_a_reference_of_a_call_is_not_that_of_a_lead_request(stage: Stage, shop: Player) -> None:
    stage.lead_request(shop, NOON - timedelta(hours=1), phone="79991234567", number="7")
    register(stage, shop, {"clue": by_call(None, "7", clue=by_contact("79991234567"))})
    assert rows(asked(stage, shop, by="match_reason", metrics="deals")) == {"phone": 1}


def test_what_says_nothing_is_null_with_any_blanks_and_in_any_common_case(stage: Stage, shop: Player) -> None:
    nothing = ["", " ", "\t", "\u00a0", " (Not Set) ", "<НЕ ЗАПОЛНЕНО>", "‹Не заполнено›\u00a0"]
    register(stage, shop, *({"manager": text, "status": text} for text in nothing), {"manager": "Не", "status": "Не"})
    assert rows(asked(stage, shop, by="manager", metrics="deals")) == {None: 7, "Не": 1}
    assert rows(asked(stage, shop, by="status", metrics="deals")) == {None: 7, "Не": 1}
    assert rows(asked(stage, shop, "status:empty", by="status", metrics="deals")) == {None: 7}


def test_a_tag_that_says_nothing_is_no_tag(stage: Stage, shop: Player) -> None:
    register(stage, shop, {"tags": ("vip", "", "(not set)")}, {"tags": (" ",)}, {"tags": ()})
    assert rows(asked(stage, shop, by="tag", metrics="deals")) == {"vip": 1, None: 2}
    for condition, deals in [("is:", 2), ("not:(not set)", 1), ("among:|vip", 3), ("empty", 2), ("filled", 1)]:
        assert asked(stage, shop, f"tag:{condition}", metrics="deals").total.values[MODEL] == (deals,)


@pytest.mark.parametrize("field", ["0", "$x", 'q"t', "[0]", "a:b,c|d", "с пробелом"])
def test_a_custom_field_may_have_any_name(stage: Stage, field: str) -> None:
    site = stage.open_site(fields=[field])
    register(stage, site, {"custom_values": {field: "x"}}, {})
    name = "field:" + "".join(f"\\{sign}" if sign in ":,|" else sign for sign in field)
    assert rows(asked(stage, site, f"{name}:filled", by=name, metrics="deals")) == {"x": 1}


def test_contains_finds_what_only_the_beginning_of_a_status_brings_into_the_period(stage: Stage, shop: Player) -> None:
    set_won(stage, shop, "won")
    deal_id, *_ = register(stage, shop, {"manager": "Ivan", "happened_at": NOON - timedelta(days=50)})
    stage.perform(change_deals, shop, change(deal_id, status="won"), now=NOON - timedelta(days=3))
    stage.perform(change_deals, shop, change(deal_id, comment="paid"), now=NOON - timedelta(days=1))
    words = {"first": "2026-11-01", "last": "2026-11-08", "date_of": "changed", "metrics": "won"}
    assert rows(asked(stage, shop, "manager:contains:iv", by="manager", **words)) == {"Ivan": 1}


@pytest.mark.parametrize(("metrics", "limit"), [("amount", ""), ("amount", "1"), ("amount,margin", "1")])
def test_changes_are_known_if_amounts_before_only_add_up_to_nothing(
    stage: Stage, shop: Player, metrics: str, limit: str
) -> None:
    before = NOON - timedelta(days=12)
    register(
        stage, shop,
        {"manager": "Ann", "amount_rub": Decimal(5), "happened_at": before},
        {"manager": "Bob", "amount_rub": Decimal(-5), "happened_at": before},
        {"manager": "Ann", "amount_rub": Decimal(3)}, {"manager": "New", "amount_rub": Decimal(100)},
    )  # fmt: skip
    words = {"first": "2026-11-01", "last": "2026-11-10", "compare": "previous", "by": "manager", "limit": limit}
    for report in asked_everywhere(stage, shop, metrics=metrics, **words):
        columns = figure_columns(report)
        assert list(figures_of(report, columns, report.rows[0]))[:4] == [100, 0, 100, None]
        assert list(figures_of(report, columns, report.total))[:4] == [103, 0, 103, None]
        assert not report.has_nothing_before
    words["compare"] = "year"
    for report in asked_everywhere(stage, shop, metrics=metrics, **words):
        assert list(figures_of(report, figure_columns(report), report.rows[0]))[:4] == [100, 0, None, None]
        assert report.has_nothing_before


def test_a_rise_since_before_the_first_data_is_no_rise(stage: Stage, shop: Player) -> None:
    register(stage, shop, *({"happened_at": NOON - timedelta(days=days)} for days in (12, 5, 4, 3)))
    words = {"first": "2026-11-01", "last": "2026-11-10", "compare": "previous", "metrics": "deals"}
    for report in asked_everywhere(stage, shop, by="day", **words):
        assert report.counted_since == date(2026, 10, 29)
        changes = {row.keys[0]: list(figures_of(report, figure_columns(report), row))[1:] for row in report.rows}
        assert changes["2026-11-05"] == [0, None, None], "2026-10-26 has no deals, and there are none before it"
    for report in asked_everywhere(stage, shop, **words):
        assert report.counted_since == date(2026, 10, 29), "three deals instead of one"
    register(stage, shop, {"number": "old", "happened_at": NOON - timedelta(days=300)})
    for by in ("day", ""):
        for report in asked_everywhere(stage, shop, by=by, **words):
            assert report.counted_since is None


def test_what_is_new_on_a_site_with_data_rises_from_zero(stage: Stage, shop: Player) -> None:
    before, (yandex, vk) = NOON - timedelta(days=12), (TrafficSource(name) for name in ("yandex", "vk"))
    register(stage, shop, {"stated_source": yandex, "happened_at": before}, {"number": "2", "happened_at": before})
    register(stage, shop, *({"number": f"new {at}", "stated_source": vk, "status": "won"} for at in range(2)))
    set_won(stage, shop, "won")
    words = {"first": "2026-11-01", "last": "2026-11-10", "compare": "previous"}
    for metrics, by, filters in (("deals", "", ["source:is:vk"]), ("won", "source", []), ("won", "day", [])):
        for report in asked_everywhere(stage, shop, *filters, metrics=metrics, by=by, **words):
            assert not report.has_nothing_before
            assert report.counted_since == date(2026, 10, 29)
            assert list(figures_of(report, figure_columns(report), report.total)) == [2, 0, 2, None]
    for report in asked_everywhere(stage, shop, "source:is:vk", metrics="leads", **words):
        assert report.has_nothing_before, "there are deals, but no leads"


@pytest.mark.parametrize("metrics", ["cost", "clicks", "cost,clicks"])
@pytest.mark.parametrize("before", [(0, 7), (7_00, None)], ids=["clicks", "costs"])
def test_costs_of_zero_with_clicks_are_data_and_so_are_costs_without_clicks(
    stage: Stage, shop: Player, before: tuple[int, int | None], metrics: str
) -> None:
    last_on = site_day(NOON, shop.site.time_zone)
    days = {last_on - timedelta(days=12): before, last_on: (9_00, 9)}
    costs = [Cost(day_on, TrafficSource("y"), amount, clicks) for day_on, (amount, clicks) in days.items()]
    with stage.database.write() as connection:
        import_costs(stage.work(connection, shop), CostAccount("direct", "1"), set(days), costs)
    words = {"first": "2026-11-01", "last": "2026-11-10", "compare": "previous", "metrics": metrics}
    for report in asked_everywhere(stage, shop, **words):
        assert not report.has_nothing_before


def test_changes_of_a_ratio_are_known_if_it_was_nothing_of_something(stage: Stage, shop: Player) -> None:
    register(stage, shop, {"happened_at": NOON - timedelta(days=12)}, {"clue": by_contact("79205550055")})
    words = {"first": "2026-11-01", "last": "2026-11-10", "compare": "previous", "metrics": "match_rate"}
    for report in asked_everywhere(stage, shop, **words):
        assert list(figures_of(report, figure_columns(report), report.total)) == [0, 0, 0]


def test_of_several_first_leads_and_won_deals_of_one_moment_each_is_the_first(stage: Stage, shop: Player) -> None:
    set_won(stage, shop, "won")
    phone, began_at, yandex, google = "79205550055", NOON - timedelta(hours=1), TrafficSource("y"), TrafficSource("g")
    stage.lead_request(shop, began_at, phone=phone, number="1", annotations=Annotations(stated_source=google))
    stage.call(shop, began_at, phone=phone, reference="1", annotations=Annotations(stated_source=yandex))
    stage.call(shop, began_at + timedelta(seconds=1), phone=phone)
    register(
        stage, shop,
        {"status": "won", "clue": by_call(None, "1")},
        {"status": "won", "clue": by_lead_request(None, "1")},
        {"status": "won", "clue": by_contact(phone), "happened_at": NOON + timedelta(seconds=1)},
    )  # fmt: skip
    assert rows(asked(stage, shop, by="client_kind", metrics="leads")) == {"new": 2, "returning": 1}
    costs = [Cost(site_day(NOON, shop.site.time_zone), source, 10_00) for source in (yandex, google)]
    with stage.database.write() as connection:
        import_costs(stage.work(connection, shop), CostAccount("direct", "1"), {costs[0].day_on}, costs)
    report = asked(stage, shop, by="source", metrics="cac", now=NOON + timedelta(minutes=1))
    assert rows(report) == {"y": 10, "g": 10, None: None}
    assert report.total.values[MODEL] == (20,)


def test_a_landing_page_is_shown_without_query_and_fragment(stage: Stage, shop: Player) -> None:
    urls = ["https://shop.ru/", "https://shop.ru/?utm_source=x#top", "https://shop.ru/#a?b", "", "?x"]
    for url in urls:
        stage.visit(shop, NOON - timedelta(hours=1), TrafficSource("y"), landing_url=url)
    assert rows(asked(stage, shop, by="landing_page", metrics="visits")) == {"https://shop.ru/": 3, None: 2}


def test_the_hour_of_a_visit_after_the_period_is_stated_by_the_clock_of_that_day(stage: Stage) -> None:
    site = stage.open_site(time_zone=ZoneInfo("Europe/Berlin"))
    visit = stage.visit(site, datetime(2026, 3, 29, 12, 30, tzinfo=UTC), TrafficSource("y"))
    stage.lead_request(site, datetime(2026, 3, 28, 12, 0, tzinfo=UTC), phone="79205550055", visit_id=visit.id)
    words = {"first": "2026-03-01", "last": "2026-03-28", "metrics": "leads"}
    assert rows(asked(stage, site, by="hour", **words)) == {"14": 1}


def test_calls_count_in_the_hour_in_which_they_came_with_or_without_a_visit(stage: Stage) -> None:
    site = stage.open_site(time_zone=ZoneInfo("Europe/Berlin"))
    visit = stage.visit(site, datetime(2026, 11, 8, 6, 0, tzinfo=UTC), TrafficSource("y"))
    at = datetime(2026, 11, 8, 22, 30, tzinfo=UTC)
    stage.call(site, at, phone="79205550055", visit_id=visit.id)
    stage.call(site, at, phone="79205550056")
    for report in asked_everywhere(stage, site, "own_hour:is:23", by="own_hour", metrics="calls"):
        assert rows(report) == {"23": 2}
    for report in asked_everywhere(stage, site, by="hour", metrics="calls"):
        assert rows(report) == {"07": 1, None: 1}


def test_a_path_has_the_sources_of_all_visits_to_a_lead_in_order(stage: Stage, shop: Player) -> None:
    yandex, other_ad = TrafficSource("Yandex", "CPC", "brand"), TrafficSource("yandex", "cpc", "sale")
    google, direct, unknown = (
        TrafficSource("google"),
        TrafficSource("(direct)", "(none)"),
        TrafficSource("", "(not set)"),
    )
    paths = [("a", [google, yandex, other_ad, direct]), ("b", [yandex, direct, yandex]), ("c", [unknown]), ("d", [])]
    for place, (visitor, sources) in enumerate(paths):
        visits = [
            stage.visit(shop, NOON - timedelta(days=9 - day), source, visitor=visitor)
            for day, source in enumerate(sources)
        ]
        phone = f"7920555006{place}"
        last = visits[-1].id if visits else None
        stage.call(shop, NOON - timedelta(hours=1), phone=phone, reference=visitor, visit_id=last)
        register(stage, shop, {"number": visitor, "clue": by_contact(phone), "amount_rub": Decimal(100)})
    with_lead = {"google → yandex / cpc → (direct)": 1, "yandex / cpc → (direct) → yandex / cpc": 1, None: 2}
    for model in AttributionModel:
        assert rows(asked(stage, shop, by="path", metrics="leads", model=f"{model:d}")) == with_lead
        assert rows(asked(stage, shop, by="path", metrics="deals", model=f"{model:d}")) == with_lead
    (row,) = asked(stage, shop, "path:contains:→ (DIRECT) →", by="path", metrics="amount").rows
    assert row.keys == ("yandex / cpc → (direct) → yandex / cpc",)
    split = asked(stage, shop, "path:is:google → yandex / cpc → (direct)", by="source", metrics="deals", model="4")
    assert {row.keys[0] for row in split.rows} == {"google", "Yandex", "(direct)"}


def test_a_status_without_room_is_grouped_filtered_and_judged_as_any_other(
    stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statuses, "STATUSES_MAX", 1)
    register(stage, shop, {"status": "won"})
    set_won(stage, shop, "won")
    further = (
        "WON ",
        "Straße №1",
        "STRASSE №1\u00a0",
        "\tНОВАЯ",
        "новая",
        "ΣΊΣΥΦΟΣ",
        "σίσυφος",
        "‹Не Заполнено›",
        "  ",
        "",
    )
    register(stage, shop, *({"number": text or "none", "status": text} for text in further))
    listed = {"by": "status", "metrics": "deals,won"}
    expected = {
        "WON": ("2", "2"),
        "strasse №1": ("2", "0"),
        "новая": ("2", "0"),
        "σίσυφοσ": ("2", "0"),
        None: ("3", "0"),
    }
    for report in asked_everywhere(stage, shop, **listed):
        assert {key: tuple(map(str, shown)) for key, shown in rows(report).items()} == expected
    for report in asked_everywhere(stage, shop, "status:is:Новая", metrics="deals"):
        assert report.total.values[MODEL] == (2,)
    set_won(stage, shop, "Новая")
    for report in asked_everywhere(stage, shop, **listed):
        assert {key: str(won) for key, (_, won) in rows(report).items() if won} == {"WON": "2", "НОВАЯ": "2"}


@pytest.mark.parametrize("text", ["‹Не Заполнено›", "<нЕ зАПОЛНЕно>\u00a0", "(not \u017fet)", "\t(NOT set)"])
def test_a_placeholder_says_nothing_in_any_case_of_its_letters(stage: Stage, shop: Player, text: str) -> None:
    register(stage, shop, {"service": text}, {"service": "‹Не"})
    for report in asked_everywhere(stage, shop, by="service", metrics="deals"):
        assert {key: str(shown) for key, shown in rows(report).items()} == {None: "1", "‹Не": "1"}
