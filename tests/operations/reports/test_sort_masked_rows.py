"""The order of rows tells people who may not see contacts nothing of what is masked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from cast import Player, Stage, moscow
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports import sort_masked_rows
from dealtrace.operations.reports.ask import FactSource, ask, stored_facts
from dealtrace.operations.reports.ask_pivot import ask_pivot
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.reports.question import Question, QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.reading.masking import masked_key
from write_commands import registration

NOON = moscow("2026-11-10", "12:00:00")
LATER = NOON + timedelta(days=1)
MANAGERS = ["aa@z.ru", "ab@b.ru", "ac@m.ru", "boss", "79205550102", "79205550199", "79205550150", "Zoe"]
"""As they are stored, `aa@z.ru` comes before `ab@b.ru`; as they are shown, `a•••@b.ru` before `a•••@z.ru`."""
ORDERS = range(12)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


@pytest.fixture
def shop(stage: Stage) -> Player:
    player = stage.open_site()
    deals = [registration(manager, happened_at=NOON, manager=manager) for manager in MANAGERS]
    stage.perform(register_deals, player, *deals)
    return player


@pytest.fixture(params=["stored facts", "opened facts"])
def is_opened(request: pytest.FixtureRequest) -> bool:
    """Ask the database itself, and the column mirror of SQLite."""
    return bool(request.param == "opened facts")


@contextmanager
def facts(stage: Stage, shop: Player, *, is_opened: bool) -> Iterator[FactSource]:
    if is_opened:
        with open_facts(stage.database, shop.site) as source:
            yield source
    else:
        with stage.database.read() as connection:
            yield stored_facts(connection, shop.site)


def question(shop: Player, *, hides_contacts: bool = True, **words: str) -> Question:
    known = QuestionContext(site_day(LATER, shop.site.time_zone), AttributionModel(shop.site.attribution))
    raw = RawQuestion(by="manager", metrics="deals", period="28d", **words)
    return replace(parse_question(raw, known), hides_contacts=hides_contacts)


def keys(stage: Stage, shop: Player, asked: Question, *, is_opened: bool) -> list[str]:
    with facts(stage, shop, is_opened=is_opened) as source:
        return [row.keys[0] or "" for row in ask(source, shop.site, asked, LATER).rows]


def seen(asked: Question, names: list[str]) -> list[str]:
    return [masked_key(asked.by[0], name) for name in names]


@pytest.mark.parametrize("limit", ["", "3"])
@pytest.mark.parametrize("sort", ["", "manager", "-manager", "deals", "-deals"])
def test_rows_are_in_the_order_of_what_is_seen(
    stage: Stage, shop: Player, sort: str, limit: str, is_opened: bool
) -> None:
    asked = question(shop, sort=sort, limit=limit)
    found = seen(asked, keys(stage, shop, asked, is_opened=is_opened))
    in_order = sorted(seen(asked, MANAGERS), reverse=sort == "-manager")
    assert found == in_order[: len(found)], "all have one deal, so that the keys decide also among figures"
    assert len(found) == (int(limit) if limit else len(MANAGERS))


def test_who_sees_contacts_gets_the_order_of_contacts(stage: Stage, shop: Player, is_opened: bool) -> None:
    asked = question(shop, hides_contacts=False, sort="manager")
    assert keys(stage, shop, asked, is_opened=is_opened) == sorted(MANAGERS)


@pytest.mark.parametrize("sort", ["manager", "-deals"])
def test_the_order_of_rows_that_look_the_same_follows_from_nothing(
    monkeypatch: pytest.MonkeyPatch, stage: Stage, shop: Player, sort: str, is_opened: bool
) -> None:
    asked = question(shop, sort=sort)
    orders, chosen = set[tuple[str, ...]](), set[str]()
    for number in ORDERS:
        monkeypatch.setattr(sort_masked_rows, "_TIES", bytes([number]))
        found = keys(stage, shop, asked, is_opened=is_opened)
        orders.add(tuple(name for name in found if name.startswith("7920")))
        chosen.add(keys(stage, shop, replace(asked, limit=1), is_opened=is_opened)[0])
        assert keys(stage, shop, asked, is_opened=is_opened) == found, "but stays as it is"
    assert len(orders) > 1
    assert len(chosen) > 1, "nor does it tell which rows are the first ones"


def test_the_lines_and_columns_of_a_pivot_are_in_the_order_of_what_is_seen(
    stage: Stage, shop: Player, is_opened: bool
) -> None:
    known = QuestionContext(site_day(LATER, shop.site.time_zone), AttributionModel(shop.site.attribution))
    raw = RawQuestion(by="weekday", pivot="manager", metrics="deals", period="28d")
    asked = replace(parse_question(raw, known), hides_contacts=True)
    with facts(stage, shop, is_opened=is_opened) as source:
        pivot = ask_pivot(source, shop.site, asked, LATER)
    assert all(
        first <= second for first, second in pairwise(seen(question(shop), [key or "" for key in pivot.columns]))
    )
    assert len(pivot.columns) == len(MANAGERS)


def test_a_question_of_people_who_see_no_contacts_says_so(shop: Player) -> None:
    known = QuestionContext(site_day(LATER, shop.site.time_zone), AttributionModel(1), mask=masked_key)
    assert parse_question(RawQuestion(metrics="deals"), known).hides_contacts
    assert not parse_question(RawQuestion(metrics="deals"), replace(known, mask=None)).hides_contacts
