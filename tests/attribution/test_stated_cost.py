"""Costs of a file become costs of traffic sources: named, summed exactly, rounded once."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from dealtrace.attribution.campaign import Campaign, CampaignNaming
from dealtrace.attribution.cost import Cost
from dealtrace.attribution.stated_costs import StatedCost, name_costs
from dealtrace.attribution.traffic_source import TrafficSource

DAY = date(2024, 3, 1)
YANDEX = TrafficSource("yandex", "cpc")


def stated(rubles: str, campaign: Campaign, clicks: int | None = None) -> StatedCost:
    return StatedCost(DAY, YANDEX, campaign, Decimal(rubles), clicks)


def named(name: str) -> TrafficSource:
    return TrafficSource("yandex", "cpc", name)


def test_a_campaign_is_named_as_visits_name_it() -> None:
    costs = [stated("1", Campaign("17", "Весна")), stated("2", Campaign("18", "Лето"))]
    visited = [TrafficSource("yandex", "cpc", "17")]
    assert name_costs(costs, CampaignNaming(), visited) == [Cost(DAY, named("17"), 100), Cost(DAY, named("18"), 200)]
    assert [cost.traffic_source.campaign for cost in name_costs(costs, CampaignNaming(), [])] == ["Весна", "Лето"]


def test_campaigns_that_get_one_name_are_summed_before_they_are_rounded() -> None:
    costs = [stated("0.003", Campaign("17", "Весна"), 2), stated("0.002", Campaign("18", "Весна"))]
    assert name_costs(costs, CampaignNaming("name"), []) == [Cost(DAY, named("Весна"), 1, 2)]


def test_a_campaign_that_the_file_names_itself_stays() -> None:
    cost = StatedCost(DAY, named("17"), Campaign(), Decimal("0.005"))
    assert name_costs([cost], CampaignNaming("name"), [TrafficSource("", "", "x")]) == [Cost(DAY, named("17"), 1)]


@given(st.lists(st.tuples(st.integers(0, 2), st.decimals(0, 10**6, places=4)), max_size=20))
def test_each_source_gets_the_rounded_sum_of_its_rows(rows: list[tuple[int, Decimal]]) -> None:
    costs = name_costs([stated(str(rubles), Campaign(str(number))) for number, rubles in rows], CampaignNaming(), [])
    sums: dict[str, Decimal] = {}
    for number, rubles in rows:
        sums[str(number)] = sums.get(str(number), Decimal(0)) + rubles
    assert {cost.traffic_source.campaign: cost.amount_kopecks for cost in costs} == {
        number: int((rubles * 100).to_integral_value(ROUND_HALF_UP)) for number, rubles in sums.items()
    }
