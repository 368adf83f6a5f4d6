"""How campaigns of an advertising system become values of `utm_campaign`."""

import pytest

from dealtrace.attribution.campaign import AdvertisementIds, Campaign, CampaignNaming, advertisement_ids
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from domain_records import NOON

SPRING, SUMMER, AUTUMN = Campaign("17", "Весна"), Campaign("18", "Лето"), Campaign("19", "Осень")


def named(*campaigns: Campaign, visited: tuple[str, ...] = (), form: str = "auto", **renames: str) -> list[str]:
    naming = CampaignNaming(form, renames)
    return [naming.name_campaigns(campaigns, visited)[campaign] for campaign in campaigns]


@pytest.mark.parametrize(
    ("visited", "expected"),
    [
        ((), ["Весна", "Лето"]),
        (("17",), ["17", "18"]),
        (("весна ",), ["Весна", "Лето"]),
        (("17", "лето"), ["17", "Лето"]),
        (("", "winter"), ["Весна", "Лето"]),
    ],
)
def test_a_campaign_is_called_as_visits_call_it(visited: tuple[str, ...], expected: list[str]) -> None:
    assert named(SPRING, SUMMER, visited=visited) == expected


def test_a_campaign_that_no_visit_knows_is_called_as_most_of_the_others() -> None:
    assert named(SPRING, SUMMER, AUTUMN, visited=("17", "18")) == ["17", "18", "19"]


def test_what_a_file_does_not_have_is_not_missed() -> None:
    assert named(Campaign(id="17"), Campaign(name="Лето"), Campaign()) == ["17", "Лето", ""]


@pytest.mark.parametrize(
    ("form", "expected"), [("id", "17"), ("name", "Весна"), ("{name}|{id}", "Весна|17"), ("yd-{id}", "yd-17")]
)
def test_a_form_counts_before_what_visits_know(form: str, expected: str) -> None:
    assert named(SPRING, visited=("17", "весна"), form=form) == [expected]


def test_a_name_with_a_mark_in_it_is_a_text() -> None:
    assert named(Campaign("{name}", "x"), form="id") == ["{name}"]


def test_an_exception_is_found_by_id_and_by_name() -> None:
    assert named(SPRING, SUMMER, form="id", **{"17": "spring", "ЛЕТО": "summer"}) == ["spring", "summer"]


@pytest.mark.parametrize(("form", "is_valid"), [("auto", True), ("id", True), ("x-{id}", True), ("x", False)])
def test_a_form_says_where_the_id_or_the_name_belongs(form: str, *, is_valid: bool) -> None:
    assert CampaignNaming(form).is_valid is is_valid


def test_a_form_says_what_it_needs() -> None:
    assert (CampaignNaming("{id}").needs_id, CampaignNaming("id").needs_name) == (True, False)
    assert (CampaignNaming("name").needs_name, CampaignNaming().needs_id) == (True, False)


@pytest.mark.parametrize(
    ("source", "system", "ids"),
    [
        (TrafficSource("yandex", "cpc"), "yandex", AdvertisementIds(701, 802, None)),
        (TrafficSource("google", "cpc"), "google", AdvertisementIds(701, 802, None)),
        (TrafficSource("google", "cpc"), "yandex", None),
        (TrafficSource("yandex", "organic"), "yandex", None),
    ],
)
def test_the_utm_tags_of_an_advertisement_have_its_ids(
    source: TrafficSource, system: str, ids: AdvertisementIds | None
) -> None:
    utm = TrafficSource("", "", "701", "802", "a phrase")
    visit = Visit(VisitId(1), "v", NOON, source, utm=utm)
    assert advertisement_ids(visit, system) == ids
