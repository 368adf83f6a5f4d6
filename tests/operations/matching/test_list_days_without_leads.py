"""Days without leads in the time in which the lead of a deal was searched for."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest

from cast import Player, Stage, moscow
from dealtrace.accounts.site_days import day_end, day_start
from dealtrace.deals.deal import DealId
from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.deals.find import find_deal
from dealtrace.operations.matching.explain import explain_deal
from dealtrace.operations.matching.list_days_without_leads import SEARCHED_DAYS_MAX, list_days_without_leads
from dealtrace.reports.reading.gaps import WEEKS_AROUND
from dealtrace.storage.journals.lead_days import count_leads_of_days
from plans import Sent, plans_by_index, statements_on
from write_commands import by_contact, register

PHONE = "79990001122"
FIRST = date(2018, 1, 1)
BROKEN = (date(2018, 3, 5), date(2018, 3, 6))
"""Two days without calls, in the middle of sixteen weeks with three calls on each other day."""
NOW = moscow("2018-05-01")
DAY = timedelta(days=1)


@pytest.fixture
def busy(stage: Stage) -> Player:
    """Give a site with contact matching on, whose calls are lacking on the broken days, and a busy neighbour."""
    player, neighbour = stage.open_site(contact_matching=True), stage.open_site()
    days = [FIRST + number * DAY for number in range(112)]
    for each, those in ((player, [day_on for day_on in days if day_on not in BROKEN]), (neighbour, days)):
        calls = [
            IncomingCall(noon_of(day_on) + timedelta(minutes=place), timedelta(minutes=1), f"7920{place:07}")
            for day_on in those
            for place in range(5)
        ]
        stage.calls(each, *calls)
    return player


def noon_of(day_on: date) -> datetime:
    return moscow(day_on.isoformat(), "12:00:00")


def gaps_of(stage: Stage, player: Player, deal_id: int, now: datetime = NOW) -> Mapping[LeadKind, tuple[date, date]]:
    """Return the first and the last day of the gap in each kind of lead that a deal was searched among."""
    with stage.database.read() as connection:
        deal = find_deal(connection, player.site, DealId(deal_id), with_deleted=True, lock=False)
        found = list_days_without_leads(connection, player.site, explain_deal(connection, player.site, deal), now)
    return {kind: (gap.first_on, gap.last_on) for kind, gap in found}


@pytest.mark.parametrize(
    ("happened_on", "clue", "is_named"),
    [
        (BROKEN[0], {}, True),
        (BROKEN[1] + DAY, {}, False),
        (BROKEN[1] + DAY, {"threshold": DAY}, True),
        (BROKEN[1] + DAY, {"threshold": 9 * DAY, "only": LeadKind.LEAD_REQUEST}, False),
        (BROKEN[1] + SEARCHED_DAYS_MAX * DAY, {"threshold": 3000 * DAY}, False),
        (BROKEN[0] - DAY, {"threshold": DAY}, False),
    ],
    ids=["inside", "short search", "long search", "other kind", "long ago", "before"],
)
def test_only_days_and_kinds_that_were_searched_are_named(
    stage: Stage, busy: Player, happened_on: date, clue: dict[str, timedelta], *, is_named: bool
) -> None:
    deal = register(stage, busy, clue=by_contact(PHONE, **clue), happened_at=noon_of(happened_on))
    assert gaps_of(stage, busy, deal) == ({LeadKind.CALL: BROKEN} if is_named else {})


def test_the_searches_of_matchers_have_their_own_times_and_kinds(stage: Stage, busy: Player) -> None:
    until = noon_of(BROKEN[1])
    for number, (kind, depth, is_named) in enumerate((
        (LeadKind.CALL, DAY, True), (LeadKind.CALL, None, True), (LeadKind.LEAD_REQUEST, DAY, False),
    )):  # fmt: skip
        matcher = Matcher(MatcherKind.CONTACT, (kind,), contacts=(PHONE,), until=until, depth=depth)
        deal = register(stage, busy, str(number), matchers=(matcher,), happened_at=noon_of(date(2018, 4, 20)))
        assert gaps_of(stage, busy, deal) == ({LeadKind.CALL: BROKEN} if is_named else {})


def test_searches_with_times_of_their_own_read_no_more_than_weeks_around_the_latest(stage: Stage, busy: Player) -> None:
    untils = [moscow("1991-02-03"), noon_of(date(2005, 6, 7)), noon_of(BROKEN[1])]
    matchers = [
        Matcher(MatcherKind.CONTACT, (LeadKind.CALL,), contacts=(PHONE,), until=until, depth=DAY) for until in untils
    ]
    deal = register(stage, busy, matchers=tuple(matchers), happened_at=noon_of(date(2018, 4, 20)))
    with statements_on(stage.database.reader) as sent:
        assert gaps_of(stage, busy, deal) == {LeadKind.CALL: BROKEN}
    searched, watched = [len(json.loads(spans)) for spans in spans_of(sent)]
    assert searched == 2, "the days of the other searches are too long ago"
    assert watched <= searched + 2 * WEEKS_AROUND * 7


def spans_of(sent: Sent) -> list[str]:
    """Return the spans of days whose leads the statements count, as JSON."""
    stated = [parameters.values() if isinstance(parameters, Mapping) else parameters for _, parameters in sent]
    return [value for values in stated for value in values if isinstance(value, str) and value.startswith("[[0,")]


def test_days_that_are_not_over_and_deals_that_were_not_searched_for_have_no_gap(stage: Stage, busy: Player) -> None:
    deal = register(stage, busy, "a", clue=by_contact(PHONE), happened_at=noon_of(BROKEN[0]))
    assert gaps_of(stage, busy, deal, noon_of(BROKEN[0])) == {}
    nobody = register(stage, busy, "b", happened_at=noon_of(BROKEN[0]))
    assert gaps_of(stage, busy, nobody) == {}
    found = register(
        stage, busy, "c", clue=by_contact("79200000001", threshold=9 * DAY), happened_at=noon_of(BROKEN[0])
    )
    assert gaps_of(stage, busy, found) == {}


def test_leads_of_a_day_are_counted_up_to_a_limit_by_an_index(stage: Stage, busy: Player) -> None:
    zone = busy.site.time_zone
    days = [(day_start(each, zone), day_end(each, zone)) for each in (BROKEN[0] - DAY, *BROKEN, FIRST - DAY)]
    with stage.database.write() as connection:
        connection.exec_driver_sql("ANALYZE")
    with stage.database.read() as connection, statements_on(stage.database.reader) as sent:
        assert count_leads_of_days(connection, busy.site.id, LeadKind.CALL, days, 3) == [3, 0, 0, 0]
        assert count_leads_of_days(connection, busy.site.id, LeadKind.CALL, days, 9) == [5, 0, 0, 0]
        assert count_leads_of_days(connection, busy.site.id, LeadKind.LEAD_REQUEST, days, 3) == [0, 0, 0, 0]
    plan = plans_by_index(stage.database, sent)
    assert "ix_call_began" in plan, plan
