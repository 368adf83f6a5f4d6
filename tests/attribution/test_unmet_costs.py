"""Which costs meet no visit."""

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.unmet_costs import SourceCost, find_unmet

VISITED = [TrafficSource("Yandex", "cpc", "Весна", "17"), TrafficSource("vk", "cpc", "(not set)")]


def cost(kopecks: int, *parts: str) -> SourceCost:
    return SourceCost(TrafficSource(*parts), kopecks)


def test_a_cost_meets_a_visit_whose_parts_differ_in_letter_case_alone() -> None:
    unmet = find_unmet([cost(1, "yandex", "CPC", "весна ", "17"), cost(2, "vk", "cpc")], VISITED)
    assert (unmet.sources, unmet.campaigns) == ([], [])


def test_a_cost_that_differs_in_its_content_meets_the_campaign() -> None:
    other = cost(5, "yandex", "cpc", "весна", "18")
    unmet = find_unmet([other], VISITED)
    assert (unmet.sources, unmet.campaigns) == ([other], [])


def test_what_cost_nothing_is_left_out() -> None:
    unmet = find_unmet([cost(0, "vk", "cpc", "b")], VISITED)
    assert (unmet.sources, unmet.campaigns) == ([], [])


def test_costs_of_a_campaign_are_summed_and_the_largest_comes_first() -> None:
    costs = [cost(5, "vk", "cpc", "a", "1"), cost(6, "vk", "cpc", "A", "2"), cost(7, "vk", "cpc", "b")]
    unmet = find_unmet(costs, VISITED)
    assert [found.amount_kopecks for found in unmet.sources] == [7, 6, 5]
    assert unmet.campaigns == [cost(11, "vk", "cpc", "a"), cost(7, "vk", "cpc", "b")]
