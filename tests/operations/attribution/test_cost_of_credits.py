"""Anybody may send leads and hits: what one of them writes and reads is limited, whatever was sent before."""

from datetime import timedelta

import pytest

from cast import NO_ID, Player, Stage
from dealtrace.attribution.credit import TOUCHES_MAX, AttributionModel, credits_under, touches_of
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.attribution.visits_from_hits import Hit
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.operations.credit_leads import credit_leads
from dealtrace.operations.leads.register_lead_requests import register_lead_requests
from dealtrace.operations.visits.count_hits import count_hits
from dealtrace.storage.visits import visits as stored_visits
from dealtrace.storage.visits.credits import find_credits, list_visited_leads
from plans import Sent, statements_on
from write_commands import NOON

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
SEARCH = TrafficSource("google", "organic")


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def visits_before(stage: Stage, shop: Player, count: int, *, visitor: str = "visitor") -> list[Visit]:
    """Store visits of one visitor, a second apart, the last of them a second before noon."""
    return stage.visits(
        shop, *(Visit(NO_ID, visitor, NOON - (count - number) * SECOND, SEARCH) for number in range(count))
    )


def send(stage: Stage, shop: Player, count: int, visit_id: VisitId, after: timedelta = DAY) -> list[int]:
    """Send lead requests that name a visit, and return their ids."""
    payloads = [IncomingLeadRequest(NOON + after, phone="79205550055", visit_id=visit_id) for _ in range(count)]
    return [lead.id for lead in stage.perform(register_lead_requests, shop, *payloads)]


def writes_of_credits(sent: Sent) -> list[str]:
    return [text for text, _ in sent if "lead_credit" in text and not text.lstrip().startswith("SELECT")]


def test_a_hit_writes_no_credits_of_leads_whose_visit_began_before_it(stage: Stage, shop: Player) -> None:
    (*_, last) = visits_before(stage, shop, 5)
    send(stage, shop, 20, last.id, after=30 * DAY)
    with statements_on(stage.database.writer) as sent:
        stage.perform(count_hits, shop, Hit("visitor", "https://shop.ru/?utm_source=new"), now=NOON)
    assert writes_of_credits(sent) == []


def test_credits_that_are_stored_already_are_not_written(stage: Stage, shop: Player) -> None:
    (*_, last) = visits_before(stage, shop, 5)
    (lead_id,) = send(stage, shop, 1, last.id)
    with stage.database.write() as connection, statements_on(stage.database.writer) as sent:
        work = stage.work(connection, shop)
        credit_leads(work, list_visited_leads(connection, shop.site.id, [LeadRef(LeadKind.LEAD_REQUEST, lead_id)]))
    assert writes_of_credits(sent) == []


def test_only_the_leads_are_written_whose_credits_change(stage: Stage, shop: Player) -> None:
    first, last = stage.visit(shop, NOON, SEARCH), stage.visit(shop, NOON + 2 * DAY, SEARCH)
    (early,), (late,) = send(stage, shop, 1, first.id, after=3 * DAY), send(stage, shop, 1, last.id, after=3 * DAY)
    with statements_on(stage.database.writer) as sent:
        between = stage.visit(shop, NOON + DAY, SEARCH)
    assert len(writes_of_credits(sent)) == 2
    with stage.database.read() as connection:
        touched = {
            lead_id: {
                credit.visit.id for credit in find_credits(connection, shop.site.id, lead_id)[AttributionModel.LINEAR]
            }
            for lead_id in (early, late)
        }
    assert touched == {early: {first.id}, late: {first.id, between.id, last.id}}


@pytest.mark.parametrize("count", [TOUCHES_MAX - 1, TOUCHES_MAX, TOUCHES_MAX + 1, 5 * TOUCHES_MAX])
def test_a_lead_of_a_visitor_with_many_visits_reads_only_those_that_count(
    stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    seen = visits_before(stage, shop, count)
    named = seen[-2]
    read: list[VisitId] = []
    from_row = stored_visits.visit_from_row

    def counted(row: object) -> Visit:
        visit = from_row(row)  # type: ignore[arg-type]
        read.append(visit.id)
        return visit

    monkeypatch.setattr(stored_visits, "visit_from_row", counted)
    (lead_id,) = send(stage, shop, 1, named.id)
    assert len(read) <= 3 * TOUCHES_MAX
    monkeypatch.undo()
    expected = {
        model: [(credit.visit.id, credit.share) for credit in credits_under(model, touches_of(NOON + DAY, named, seen))]
        for model in AttributionModel
    }
    with stage.database.read() as connection:
        found = find_credits(connection, shop.site.id, lead_id)
    assert {model: [(credit.visit.id, credit.share) for credit in found[model]] for model in found} == expected
