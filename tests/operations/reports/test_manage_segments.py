"""Segments of a site and of its users."""

from datetime import UTC, datetime

import pytest

from account_work import account_work
from cast import Player, Stage
from dealtrace.errors import InvalidParameters, InvalidSetting, NameTaken
from dealtrace.operations.reports.manage_segments import add_segment, remove_segment
from dealtrace.operations.reports.read_question import read_question
from dealtrace.reports.filters import format_filter
from dealtrace.reports.question import RawQuestion
from dealtrace.reports.saved_items.names import SavedName
from dealtrace.reports.saved_items.segments import SEGMENTS_MAX, Segment
from dealtrace.storage.reports.saved_items.segments import list_segments

NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def add(stage: Stage, player: Player, name: str, *filters: str, user_id: int | None = None) -> Segment:
    with stage.database.write() as connection:
        return add_segment(account_work(connection, NOW).at(player.site), SavedName(name, user_id), filters)


def listed(stage: Stage, player: Player, user_id: int | None = None) -> list[Segment]:
    with stage.database.read() as connection:
        return list_segments(connection, player.site.id, user_id)


def asked(stage: Stage, player: Player, name: str, user_id: int | None = None) -> list[str]:
    """Return the filters of a question with a segment."""
    with stage.database.read() as connection:
        question = read_question(
            connection, player.site, RawQuestion(metrics="deals", segment=name), NOW, user_id=user_id
        )
    return [format_filter(condition) for condition in question.filters]


def test_a_segment_is_kept_as_its_filters_are_written(stage: Stage, shop: Player) -> None:
    added = add(stage, shop, " Свои ", "source:among:a\\,b|c", "tag:not:x:y")
    assert added == Segment("Свои", ("source:among:a\\,b|c", "tag:not:x\\:y"))
    assert listed(stage, shop) == [added]
    assert asked(stage, shop, "Свои") == list(added.filters)


def test_a_users_segment_is_theirs_alone_and_hides_the_sites(stage: Stage, shop: Player) -> None:
    add(stage, shop, "a", "source:is:site")
    add(stage, shop, "a", "source:is:user", user_id=7)
    add(stage, shop, "b", "source:is:b", user_id=7)
    assert asked(stage, shop, "a") == ["source:is:site"]
    assert asked(stage, shop, "a", user_id=7) == ["source:is:user"]
    with pytest.raises(InvalidParameters):
        asked(stage, shop, "b", user_id=8)
    assert [each.name for each in listed(stage, shop, user_id=7)] == ["a", "a", "b"]
    with stage.database.write() as connection:
        remove_segment(account_work(connection, NOW).at(shop.site), SavedName("a", 7))
    assert asked(stage, shop, "a", user_id=7) == ["source:is:site"]


def test_a_neighbour_has_segments_of_its_own(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    add(stage, shop, "a", "source:is:x")
    assert listed(stage, neighbour) == []
    with stage.database.write() as connection:
        assert not remove_segment(account_work(connection, NOW).at(neighbour.site), SavedName("a"))
    add(stage, neighbour, "a", "source:is:y")
    assert asked(stage, shop, "a") == ["source:is:x"]


def test_a_segment_that_says_nothing_or_stands_already_is_refused(stage: Stage, shop: Player) -> None:
    add(stage, shop, "a", "source:is:x")
    with pytest.raises(NameTaken):
        add(stage, shop, "a", "source:is:y")
    with pytest.raises(InvalidSetting):
        add(stage, shop, "b")
    with pytest.raises(InvalidParameters):
        add(stage, shop, "c", "field:gone:filled")
    assert [each.name for each in listed(stage, shop)] == ["a"]


def test_a_site_has_a_limit_of_segments(stage: Stage, shop: Player) -> None:
    with stage.database.write() as connection:
        for number in range(SEGMENTS_MAX):
            add_segment(
                account_work(connection, NOW).at(shop.site), SavedName(f"{number}", number % 3 or None), ["source:is:x"]
            )
    for overwrites in (False, True):
        with stage.database.write() as connection, pytest.raises(InvalidSetting):
            add_segment(
                account_work(connection, NOW).at(shop.site), SavedName("more"), ["source:is:x"], overwrites=overwrites
            )
    with stage.database.write() as connection:
        add_segment(account_work(connection, NOW).at(shop.site), SavedName("0"), ["source:is:y"], overwrites=True)
