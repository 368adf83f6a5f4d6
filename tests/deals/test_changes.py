"""Changing a deal: an absent parameter keeps, an empty one erases."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.deals.changes import CHANGEABLE, UNSET, Change, apply_change, changed_fields
from dealtrace.deals.deal import Deal
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.versions import stamp
from dealtrace.leads.lead import LeadKind, LeadRef
from domain_records import NOON, deal

KEY = DealKey(7811141, None)
RECEPTION = TrafficSource("пришел на ресепшн", "оффлайн")
BEFORE = deal(
    manager="Коля",
    comment="перезвонить",
    tags=("mytag1", "mytag2"),
    custom_values={"margin": "10", "city": "Владимир"},
    stated_source=RECEPTION,
)
LEADS = [LeadRef(LeadKind.CALL, 32940789), LeadRef(LeadKind.LEAD_REQUEST, 51213218)]


def changed(before: Deal, known_values: Mapping[str, str] | None = None, **wanted: Any) -> Deal:
    return apply_change(Change(KEY, **wanted), before, known_values or {})


@pytest.mark.parametrize("before", [BEFORE, deal(), deal(custom_values={}), deal(amount_rub=None, status="")])
def test_it_keeps_what_is_absent(before: Deal) -> None:
    after = changed(before)
    assert changed_fields(before, after) == ({}, {})
    assert after == before


@pytest.mark.parametrize("name", ["amount_rub", "status", "service", "manager", "comment", "tags"])
def test_a_change_speaks_of_nothing_unless_stated(name: str) -> None:
    assert getattr(Change(KEY), name) is UNSET


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "selling"),
        ("status", ""),
        ("amount_rub", Decimal("6000.0000")),
        ("amount_rub", Decimal(0)),
        ("amount_rub", Decimal("-1.5")),
        ("amount_rub", None),
        ("service", "RetailCRM"),
        ("service", ""),
        ("manager", "Алексей"),
        ("manager", ""),
        ("comment", "готово"),
        ("comment", ""),
        ("tags", ("newtag1", "newtag2")),
        ("tags", ("mytag2",)),
        ("tags", ("mytag2", "mytag1")),
        ("tags", ()),
    ],
)
def test_it_replaces_what_is_spoken_of_and_nothing_else(name: str, value: Any) -> None:
    """Vendor: «текущее значение в статистике Calltouch будет перезаписано на пустоту»."""
    after = changed(BEFORE, **{name: value})
    assert getattr(after, name) == value
    assert changed_fields(BEFORE, after) == ({name: getattr(BEFORE, name)}, {name: value})


@pytest.mark.parametrize(
    ("had", "known", "has"),
    [
        ({"margin": "10"}, {"margin": "12"}, {"margin": "12"}),
        ({"margin": "10"}, {"city": "Суздаль"}, {"margin": "10", "city": "Суздаль"}),
        ({"margin": "10", "city": "Суздаль"}, {"margin": ""}, {"city": "Суздаль"}),
        ({"margin": "10"}, {"margin": ""}, {}),
        ({"margin": "10"}, {"city": ""}, {"margin": "10"}),
        ({"margin": "10"}, {"margin": "0"}, {"margin": "0"}),
        (None, {"margin": "12"}, {"margin": "12"}),
        ({}, {"margin": ""}, {}),
    ],
)
def test_it_merges_custom_values_and_an_empty_one_erases(
    had: dict[str, str] | None, known: dict[str, str], has: dict[str, str]
) -> None:
    assert changed(deal(custom_values=had), known).custom_values == has


def test_it_takes_the_values_of_known_fields_alone() -> None:
    after = changed(BEFORE, {"margin": "12"}, custom_values={"margin": "12", "unheard-of": "1"})
    assert after.custom_values == {"margin": "12", "city": "Владимир"}


def test_it_leaves_the_deal_before_as_it_was() -> None:
    before = deal(custom_values={"margin": "10"})
    changed(before, {"margin": ""}, status="end")
    assert before == deal(custom_values={"margin": "10"})


@pytest.mark.parametrize(
    ("stated", "parts", "restated"),
    [
        (None, {"source": "выставка"}, TrafficSource("выставка")),
        (None, {"medium": "оффлайн"}, TrafficSource(medium="оффлайн")),
        (None, {"source": ""}, None),
        (RECEPTION, {}, RECEPTION),
        (RECEPTION, {"campaign": "весна"}, TrafficSource("пришел на ресепшн", "оффлайн", "весна")),
        (RECEPTION, {"source": ""}, TrafficSource(medium="оффлайн")),
        (RECEPTION, {"source": "", "medium": ""}, None),
        (RECEPTION, dict.fromkeys(SOURCE_PARTS, ""), None),
        (RECEPTION, dict(zip(SOURCE_PARTS, "abcde", strict=True)), TrafficSource("a", "b", "c", "d", "e")),
    ],
)
def test_it_restates_the_source_of_a_deal_without_a_lead_part_by_part(
    stated: TrafficSource | None, parts: dict[str, str], restated: TrafficSource | None
) -> None:
    assert changed(deal(stated_source=stated), source_parts=parts).stated_source == restated


@pytest.mark.parametrize("lead", LEADS)
@pytest.mark.parametrize("stated", [None, RECEPTION])
def test_a_source_of_words_never_stands_above_a_lead(lead: LeadRef, stated: TrafficSource | None) -> None:
    before = deal(lead=lead, stated_source=stated)
    assert changed(before, source_parts={"source": "выставка", "medium": ""}).stated_source == stated


def test_it_counts_a_version_and_when_it_was_made() -> None:
    before = deal(version=7)
    after = changed(before, status="end")
    now = NOON + timedelta(days=1)
    stamped = stamp(before, after, now)
    assert (stamped.version, stamped.changed_at, stamped.touched_at) == (8, now, now)
    assert (stamped.status, stamped.recorded_at) == ("end", before.recorded_at)


@pytest.mark.parametrize("since", [None, NOON])
def test_a_deal_has_its_status_since_the_change_that_last_made_a_difference(since: datetime | None) -> None:
    before, now = deal(status="new", status_since=since), NOON + timedelta(days=1)
    assert stamp(before, changed(before, status="new", comment="later"), now).status_since == since
    assert stamp(before, changed(before, status="old"), now).status_since == now


@pytest.mark.parametrize(("status", "respelled"), [("new", " New "), ("Оплачен", "ОПЛАЧЕН"), ("", "(not set)")])
def test_another_spelling_begins_no_status(status: str, respelled: str) -> None:
    before, now = deal(status=status, status_since=NOON), NOON + timedelta(days=1)
    assert stamp(before, changed(before, status=respelled), now).status_since == NOON


def test_it_states_everything_that_differs_before_and_after() -> None:
    wanted = {
        "status": "end",
        "amount_rub": None,
        "service": "RetailCRM",
        "manager": "",
        "comment": "готово",
        "tags": (),
    }
    after = changed(BEFORE, {"margin": ""}, source_parts={"source": "выставка"}, **wanted)
    earlier, later = changed_fields(BEFORE, after)
    assert set(earlier) == set(later) == set(CHANGEABLE)
    assert earlier == {name: getattr(BEFORE, name) for name in CHANGEABLE}
    assert later == {
        **wanted,
        "custom_values": {"city": "Владимир"},
        "stated_source": TrafficSource("выставка", "оффлайн"),
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount_rub", Decimal("1000.0000")),
        ("custom_values", {"city": "Владимир", "margin": "10"}),
        ("stated_source", TrafficSource("пришел на ресепшн", "оффлайн")),
    ],
)
def test_the_same_said_otherwise_is_no_difference(name: str, value: Any) -> None:
    fields = {"custom_values": {"margin": "10", "city": "Владимир"}, "stated_source": RECEPTION}
    assert changed_fields(deal(**fields), deal(**{**fields, name: value})) == ({}, {})


def test_what_the_house_notes_by_itself_is_no_difference() -> None:
    assert changed_fields(deal(), deal(touched_at=NOON, version=2, lead=LEADS[0], deleted_at=NOON)) == ({}, {})
