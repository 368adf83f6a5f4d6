"""Counting hits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cast import Player, Stage
from dealtrace.attribution import visits_from_hits
from dealtrace.attribution.visit import Visit
from dealtrace.attribution.visits_from_hits import VISIT_TIMEOUT, Hit
from dealtrace.operations.visits.count_hits import count_hits
from dealtrace.storage.visits import visits as stored_visits
from dealtrace.storage.visits.credits import find_credits
from dealtrace.storage.visits.visits import find_visits
from stored import rows_of

NOON = datetime(2026, 3, 26, 9, tzinfo=UTC)
PAID = "https://shop.ru/?utm_source=yandex&utm_medium=cpc"
PLAIN = "https://shop.ru/"


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def count(stage: Stage, player: Player, *hits: Hit, at: datetime = NOON) -> list[Visit]:
    return stage.perform(count_hits, player, *hits, now=at)


def kept(stage: Stage, player: Player, *visits: Visit) -> list[Visit]:
    with stage.database.read() as connection:
        found = find_visits(connection, player.site.id, [visit.id for visit in visits])
    return [found[visit.id] for visit in visits]


def test_a_visitor_stays_for_many_pages(stage: Stage, shop: Player) -> None:
    (first,) = count(stage, shop, Hit("7", PAID, city="vladimir", device="mobile"))
    later = [
        count(stage, shop, Hit("7", PLAIN, referrer=PAID), at=NOON + number * VISIT_TIMEOUT)[0]
        for number in range(1, 5)
    ]
    assert {visit.id for visit in later} == {first.id}
    (visit,) = kept(stage, shop, first)
    assert visit == later[-1]
    assert (visit.started_at, visit.seen_at) == (NOON, NOON + 4 * VISIT_TIMEOUT)
    assert (visit.landing_url, visit.city, visit.device) == (PAID, "vladimir", "mobile")


def test_a_pause_or_another_source_begins_another_visit(stage: Stage, shop: Player) -> None:
    (first,) = count(stage, shop, Hit("7", PAID))
    (after_a_pause,) = count(stage, shop, Hit("7", PLAIN), at=NOON + VISIT_TIMEOUT + timedelta(seconds=1))
    (by_another,) = count(
        stage, shop, Hit("7", PLAIN, referrer="https://vk.com/"), at=NOON + VISIT_TIMEOUT + timedelta(seconds=2)
    )
    assert len({first.id, after_a_pause.id, by_another.id}) == 3
    assert [visit.traffic_source.source for visit in kept(stage, shop, first, after_a_pause, by_another)] == [
        "yandex", "(direct)", "vk",
    ]  # fmt: skip


def test_hits_of_one_moment_are_one_visit_and_visitors_are_told_apart(stage: Stage, shop: Player) -> None:
    visits = count(
        stage, shop, Hit("7", PAID), Hit("8", PAID), Hit("7", PLAIN, attrs={"a": 1}), Hit("7", PAID, attrs={"b": 2})
    )
    assert [visits[0].id == visit.id for visit in visits] == [True, False, True, True]
    assert kept(stage, shop, visits[0])[0].attrs == {"a": 1, "b": 2}
    assert len(rows_of(stage.database, shop)["visit"]) == 2


def test_sites_share_no_visitors(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    (ours,), (theirs,) = count(stage, shop, Hit("7", PAID)), count(stage, neighbour, Hit("7", PLAIN))
    assert ours.id != theirs.id
    assert theirs.traffic_source.is_direct


@pytest.mark.parametrize("url", ["", "not an address", "https://[::1", PAID + "&utm_campaign=" + "x" * 5000])
def test_a_url_that_states_nothing_is_a_visit_all_the_same(stage: Stage, shop: Player, url: str) -> None:
    (visit,) = count(stage, shop, Hit("7", url))
    assert kept(stage, shop, visit) == [visit]


def test_a_lead_is_credited_to_the_visit_it_names_and_to_none_counted_after_it(stage: Stage, shop: Player) -> None:
    (first,) = count(stage, shop, Hit("7", PLAIN))
    lead = stage.lead_request(shop, NOON + VISIT_TIMEOUT * 3, phone="79205550055", visit_id=first.id)
    (second,) = count(stage, shop, Hit("7", PAID), at=NOON + VISIT_TIMEOUT * 2)
    with stage.database.read() as connection:
        credited = find_credits(connection, shop.site.id, lead.id)
    shares: dict[Any, Any] = {model.name: [item.visit.id for item in shared] for model, shared in credited.items()}
    assert second.id != first.id
    assert {tuple(ids) for ids in shares.values()} == {(first.id,)}


def test_a_visitor_begins_few_visits_a_day(stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits_from_hits, "VISITS_A_DAY_MAX", 3)
    hits = [Hit("7", f"https://shop.ru/?utm_source=s{number}") for number in range(5)]
    early = [count(stage, shop, hits[number], at=NOON + timedelta(seconds=number))[0] for number in range(2)]
    together = [*early, *count(stage, shop, *hits[2:4], Hit("8", PAID), at=NOON + timedelta(minutes=1))]
    (later,) = count(stage, shop, hits[4], at=NOON + timedelta(hours=2))
    assert [visit.id for visit in (*together[2:4], later)] == [together[2].id] * 3
    assert kept(stage, shop, later)[0].seen_at == NOON + timedelta(hours=2)
    (next_day,) = count(stage, shop, hits[0], at=NOON + timedelta(days=1, minutes=2))
    assert next_day.id not in {visit.id for visit in together}
    assert len(rows_of(stage.database, shop)["visit"]) == 5


def test_the_latest_of_many_visits_is_read_alone(stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        count(stage, shop, Hit("7", f"https://shop.ru/?utm_source=s{number}"), at=NOON + timedelta(seconds=number))
    read: list[object] = []
    from_row = stored_visits.visit_from_row

    def counted(row: Any) -> Visit:
        read.append(row)
        return from_row(row)

    monkeypatch.setattr(stored_visits, "visit_from_row", counted)
    count(stage, shop, Hit("7", PAID), at=NOON + timedelta(minutes=1))
    assert len(read) == 1
