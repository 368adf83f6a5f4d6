"""Figures do not depend on the order in which facts arrive."""

from collections.abc import Callable
from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cast import Stage
from dealtrace.attribution.cost import CostAccount
from dealtrace.operations.reports.ask import stored_facts
from dealtrace.operations.reports.ask_pivot import ask_report_or_pivot
from dealtrace.reports.pivot import Pivot
from figures_chance import REFERENCES
from figures_comparison import parsed
from figures_oracle import Answer, PivotAnswer, shown_answer, shown_pivot
from figures_questions import random_words
from figures_scenes import Scene, open_scene

SITES = 2
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""A seed has no smaller one that is nearly the same, and looking for it takes minutes."""
QUESTIONS = 10
FACTS_OF_A_KIND = 5
Arrival = Callable[[Scene], None]


def facts_of(scene: Scene) -> list[Arrival]:
    """List things that arrive at a site one by one; leads have names of their own, and deals know no id of ours."""
    names = REFERENCES[:FACTS_OF_A_KIND]
    named_visits = [visit for visit in (scene.visit() for _ in names) if visit.visitor_id]
    scene.visits = named_visits
    calls, lead_requests = [scene.call(name) for name in names], [scene.lead_request(name) for name in names]
    deals = [scene.registration(f"deal {name} {place}") for name in names for place in range(2)]
    costs = [scene.cost() for _ in names]
    rates = {(rate.currency, rate.since_on): rate for rate in (scene.rate() for _ in names)}
    return [
        *(lambda to, visit=visit: to.store_visits([visit]) for visit in named_visits),
        *(lambda to, call=call: to.store_calls([call]) for call in calls),
        *(
            lambda to, lead_request=lead_request: to.store_lead_requests([lead_request])
            for lead_request in lead_requests
        ),
        *(lambda to, deal=deal: to.register([deal]) for deal in deals),
        *(lambda to, cost=cost: to.import_costs(CostAccount("direct", str(cost)), [cost]) for cost in costs),
        *(lambda to, rate=rate: to.set_rates([rate]) for rate in rates.values()),
        *(lambda to, name=name: to.set_status(name, "won") for name in ("won", "ОПЛАЧЕН")),
    ]


def answers(scene: Scene, random: Random) -> list[Answer | PivotAnswer]:
    site = scene.player.site
    with scene.stage.database.read() as connection:
        facts = stored_facts(connection, site)
        questions = [parsed(scene, random_words(random, scene)) for _ in range(QUESTIONS)]
        found = [ask_report_or_pivot(facts, site, question, scene.now) for question in questions]
    return [shown_pivot(each) if isinstance(each, Pivot) else shown_answer(each) for each in found]


@settings(max_examples=SITES, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**64))
def test_figures_are_the_same_in_whatever_order_facts_arrive(shared_stage: Stage, seed: int) -> None:
    shared_stage.ids.ensure(1000)
    scene, other = open_scene(Random(seed), shared_stage), open_scene(Random(seed), shared_stage)
    arrivals = facts_of(scene)
    for arrive in arrivals:
        arrive(scene)
    other.random.shuffle(arrivals)
    for arrive in arrivals:
        arrive(other)
    assert answers(scene, Random(seed)) == answers(other, Random(seed))
