"""The year of the demo: the same for the same seed, with the rhythm and the mishaps of a real company."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest

from cast import MOSCOW, VLADIVOSTOK
from dealtrace.attribution.reclassification import reclassified
from dealtrace.attribution.unmet_costs import SourceCost, find_unmet
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.lead_clue import NO_CLUE
from dealtrace.demo.company import LOST, NEW, UNSEEN, WON
from dealtrace.demo.rhythm import DAY
from dealtrace.demo.year import Year, list_batches, make_year
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.contact import normal_contacts
from dealtrace.leads.lead_request import IncomingLeadRequest

TODAY = date(2026, 11, 26)
PART = 0.2
EVENING = datetime(2026, 11, 26, 20, 59, tzinfo=UTC)
"""The last minute of that day in Moscow."""


@cache
def year(seed: int = 1) -> Year:
    """Make a fifth of a year."""
    return make_year(seed, TODAY, MOSCOW, PART)


def moscow_day(at: datetime) -> date:
    return at.astimezone(MOSCOW).date()


def test_it_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    again = make_year(1, TODAY, MOSCOW, PART)
    assert again == year()
    assert make_year(2, TODAY, MOSCOW, PART).visits != again.visits


def test_it_has_as_many_visits_leads_and_deals_as_it_says() -> None:
    made = year()
    reported = [lead for lead in made.leads if lead.arrives_at is not None]
    assert (len(made.visits), len(reported), len(made.deals)) == (10_000, 1_200, 600)


@pytest.mark.parametrize("time_zone", [MOSCOW, VLADIVOSTOK])
def test_it_ends_today_in_the_time_zone_of_the_site(time_zone: object) -> None:
    made = make_year(1, TODAY, time_zone, 0.02)  # type: ignore[arg-type]
    days = {visit.started_at.astimezone(time_zone).date() for visit in made.visits}  # type: ignore[arg-type]
    assert min(days) >= TODAY - 364 * DAY
    assert TODAY - 3 * DAY <= max(days) <= TODAY


def test_nights_and_weekends_are_quieter_than_days_and_weekdays() -> None:
    local = [visit.started_at.astimezone(MOSCOW) for visit in year().visits]
    nights, noons = (sum(at.hour in hours for at in local) for hours in (range(1, 5), range(10, 14)))
    saturdays, tuesdays = (sum(at.weekday() == day for at in local) for day in (5, 1))
    assert nights * 15 < noons
    assert saturdays * 1.15 < tuesdays


def test_one_weekend_is_nearly_without_visits() -> None:
    made = year()
    visits = Counter(moscow_day(visit.started_at) for visit in made.visits)
    quiet = made.calendar.quiet_on
    assert quiet.weekday() == 5
    assert TODAY - 56 * DAY <= quiet < TODAY - 28 * DAY
    of_quiet, of_next = (visits[day] + visits[day + DAY] for day in (quiet, quiet + 7 * DAY))
    assert 5 * of_quiet < of_next


def test_in_one_week_the_exchange_reports_no_call_but_forms_and_deals_go_on() -> None:
    made = year()
    silent_on = made.calendar.broken_on
    assert silent_on.weekday() == 0
    assert TODAY - 27 * DAY <= silent_on < TODAY - 7 * DAY
    week = [lead for lead in made.leads if silent_on <= moscow_day(lead.ended_at) < silent_on + 7 * DAY]
    reported = [lead for lead in week if lead.arrives_at is not None]
    assert len(reported) < len(week) / 2
    assert reported
    assert all(isinstance(lead.lead, IncomingLeadRequest) for lead in reported)


def test_visitors_come_back_and_clients_call_again() -> None:
    made = year()
    visits = Counter(visit.visitor_id for visit in made.visits)
    calls = Counter(lead.client.phone for lead in made.leads if isinstance(lead.lead, IncomingCall))
    assert sum(count > 2 for count in visits.values()) > len(visits) / 20
    assert sum(count > 1 for count in calls.values()) > len(calls) / 12
    assert len({lead.client.phone for lead in made.leads}) < len(made.leads)


def test_calls_are_answered_or_missed_and_phones_are_usable() -> None:
    calls = [lead.lead for lead in year().leads if isinstance(lead.lead, IncomingCall)]
    missed = [call for call in calls if not call.circumstances.is_successful]
    assert len(calls) / 12 < len(missed) < len(calls) / 4
    assert all(call.duration == timedelta(0) and call.annotations.manager is None for call in missed)
    assert all(normal_contacts(call.phone, None) for call in calls)
    assert len({call.circumstances.dialled_phone for call in calls}) >= 4


def test_sources_are_what_the_counter_would_have_found() -> None:
    assert all(reclassified(visit) == visit for visit in year().visits)


def test_some_leads_are_reported_later_than_their_deals() -> None:
    made = year()
    registered = {
        deal.registration.clue.identity.number: deal.arrives_at
        for deal in made.deals
        if deal.registration.clue.identity is not None and hasattr(deal.registration.clue.identity, "number")
    }
    late = [
        lead
        for lead in made.leads
        if isinstance(lead.lead, IncomingLeadRequest)
        and lead.arrives_at is not None
        and lead.lead.number in registered
        and registered[lead.lead.number] < lead.arrives_at
    ]
    assert late


def test_deals_go_through_their_statuses_one_after_another() -> None:
    made = year()
    steps: dict[DealKey, list[tuple[datetime, object]]] = {}
    for change in made.changes:
        steps.setdefault(change.change.key, []).append((change.arrives_at, change.change.status))
    arrivals = {DealKey(None, deal.registration.number): deal.arrives_at for deal in made.deals}
    assert {deal.registration.status for deal in made.deals} == {NEW}
    assert steps.keys() == arrivals.keys()
    for key, of_deal in steps.items():
        moments = [at for at, _ in of_deal]
        assert arrivals[key] <= moments[0]
        assert moments == sorted(moments)
        assert of_deal[-1][1] in {WON, LOST}
    won = sum(of_deal[-1][1] == WON for of_deal in steps.values())
    assert 0.3 < won / len(steps) < 0.6


def test_costs_meet_visits_except_those_of_one_campaign() -> None:
    made = year()
    costs = [SourceCost(cost.traffic_source, cost.amount_kopecks) for of in made.costs.values() for cost in of]
    unmet = find_unmet(costs, {visit.traffic_source for visit in made.visits})
    assert [cost.traffic_source for cost in unmet.sources] == [UNSEEN]
    assert {account.system for account in made.costs} == {"yandex", "google", "vk"}
    assert all(cost.day_on < TODAY for of in made.costs.values() for cost in of)


def test_what_has_not_arrived_yet_is_left_out() -> None:
    noon = EVENING - timedelta(hours=12)
    batches = list_batches(year(), noon)
    assert batches[-1].arrives_at == noon
    assert all(visit.started_at <= noon for batch in batches for visit in batch.visits)
    assert all((visit.seen_at or noon) <= noon for batch in batches for visit in batch.visits)
    stored = sum(len(batch.changes) for batch in batches)
    assert stored < len(year().changes)


def test_a_batch_holds_what_arrived_in_its_three_hours() -> None:
    batches = list_batches(year(), EVENING)
    assert [batch.arrives_at for batch in batches] == sorted({batch.arrives_at for batch in batches})
    for batch in batches:
        arrivals = [*(deal.arrives_at for deal in batch.deals), *(visit.started_at for visit in batch.visits)]
        assert all(batch.arrives_at - timedelta(hours=3) <= at <= batch.arrives_at for at in arrivals)


def test_nobody_in_it_exists() -> None:
    made = year()
    assert all(visit.landing_url.startswith("https://okna.example/") for visit in made.visits)
    emails = {lead.client.email for lead in made.leads}
    assert all(email.endswith("@mail.example") for email in emails)


def test_making_it_rests_often_and_ends_where_a_rest_raises() -> None:
    rests: list[float] = []
    assert make_year(1, TODAY, MOSCOW, PART, lambda: rests.append(0)) == year()
    stages = len(rests)
    assert stages >= 6, "visitors and leads rest within, and deals and costs before and after"

    def stop() -> None:
        rests.append(0)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        make_year(1, TODAY, MOSCOW, PART, stop)
    assert len(rests) == stages + 1


def test_a_full_year_has_all_that_is_promised_of_it() -> None:
    made = make_year(1, TODAY, MOSCOW)
    reported = [lead for lead in made.leads if lead.arrives_at is not None]
    assert (len(made.visits), len(reported), len(made.deals)) == (50_000, 6_000, 3_000)
    assert {account.system for account, costs in made.costs.items() if costs} == {"yandex", "google", "vk"}
    quiet, broken = made.calendar.quiet_on, made.calendar.broken_on
    visits = Counter(moscow_day(visit.started_at) for visit in made.visits)
    assert 5 * sum(visits[quiet + day * DAY] for day in (0, 1)) < sum(visits[quiet + day * DAY] for day in (7, 8))
    calls = [lead for lead in reported if isinstance(lead.lead, IncomingCall)]
    assert not [lead for lead in calls if broken <= moscow_day(lead.ended_at) < broken + 7 * DAY]
    callers = Counter(lead.client.phone for lead in calls)
    assert sum(count > 1 for count in callers.values()) > 300, "repeat callers"
    late = [lead for lead in reported if lead.arrives_at and lead.arrives_at - lead.ended_at > timedelta(hours=1)]
    assert len(late) > 100, "late leads"
    unnamed = [deal.registration for deal in made.deals if deal.registration.clue == NO_CLUE]
    without = [each for each in unnamed if each.stated_source is None]
    assert 50 < len(without) < len(unnamed), "deals without source, and deals whose source the CRM states"
