"""Explaining why a deal has its lead, or none."""

from datetime import datetime, timedelta

import pytest

from cast import VLADIVOSTOK, Player, Stage
from dealtrace.deals.lead_clue import LeadClue
from dealtrace.deals.matchers import WITHOUT_SOURCE, Matcher, MatcherKind
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.matching.lead_search import Search
from dealtrace.matching.matcher_changes import MatcherChange, with_change
from dealtrace.matching.rematch_effect import UNMATCHED, Match
from dealtrace.matching.rule_changes import SECOND, RuleChange
from dealtrace.matching.window import LINK_THRESHOLD_MAX
from dealtrace.operations.deals.pin import pin_deal
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.matching.explain import NEAR_MISS, Explanation, explain_deal
from stored import deal_of, rows_of
from write_commands import NOON, by_call, by_contact, registration

PHONE = "79205550055"
EMAIL = "ivan@example.ru"
MINUTE = timedelta(minutes=1)
THRESHOLD = timedelta(hours=2)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def explain(stage: Stage, player: Player, clue: LeadClue, number: str = "N") -> Explanation:
    (receipt,) = stage.perform(register_deals, player, registration(number, clue=clue))
    deal = deal_of(stage.database, player, receipt.deal_id)
    with stage.database.read() as connection:
        return explain_deal(connection, player.site, deal)


def test_it_retraces_the_search_that_found_the_lead(stage: Stage, shop: Player) -> None:
    near, far = stage.call(shop, NOON - 9 * MINUTE), stage.call(shop, NOON - 60 * MINUTE)
    late = stage.call(shop, NOON + MINUTE)
    result = explain(stage, shop, by_contact(PHONE, EMAIL))
    assert result.contact_matching
    assert result.named is None
    (step,) = result.steps
    assert step.search == Search(PHONE, LeadKind.CALL)
    assert step.winner == result.deal.lead == LeadRef(LeadKind.CALL, near.id)
    misses = {candidate.lead.id: candidate.missed_by for candidate in step.candidates}
    assert misses == {near.id: timedelta(0), far.id: timedelta(0), late.id: -MINUTE}


def test_it_goes_through_every_step_when_none_finds_anything(stage: Stage, shop: Player) -> None:
    result = explain(stage, shop, by_contact(PHONE, EMAIL))
    searches = [(PHONE, LeadKind.CALL), (PHONE, LeadKind.LEAD_REQUEST), (EMAIL, LeadKind.LEAD_REQUEST)]
    assert [(step.search.contact, step.search.kind) for step in result.steps] == searches
    assert all(step.winner is None and not step.candidates for step in result.steps)


@pytest.mark.parametrize(
    ("started_at", "shown"),
    [
        (NOON + NEAR_MISS, True),
        (NOON + NEAR_MISS + timedelta(microseconds=1), False),
        (NOON - NEAR_MISS - THRESHOLD, True),
        (NOON - NEAR_MISS - THRESHOLD - timedelta(microseconds=1), False),
    ],
)
def test_it_shows_who_missed_by_no_more_than_a_month(
    stage: Stage, shop: Player, started_at: datetime, shown: bool
) -> None:
    stage.call(shop, started_at, seconds=0)
    result = explain(stage, shop, by_contact(PHONE))
    assert result.deal.lead is None
    assert [abs(candidate.missed_by) for candidate in result.steps[0].candidates] == ([NEAR_MISS] if shown else [])


def test_it_shows_what_switching_contact_matching_on_would_find(stage: Stage) -> None:
    shop = stage.open_site(contact_matching=False)
    call = stage.call(shop, NOON)
    result = explain(stage, shop, by_contact(PHONE))
    assert result.deal.lead is None
    assert not result.contact_matching
    assert result.steps[0].winner == LeadRef(LeadKind.CALL, call.id)


def test_it_states_which_lead_the_name_resolves_to_now(stage: Stage, shop: Player) -> None:
    (receipt,) = stage.perform(register_deals, shop, registration("N", clue=by_call(None, "ref")))
    with stage.database.write() as connection:
        pin_deal(stage.work(connection, shop, NOON), receipt.deal_id, None)
    call = stage.call(shop, NOON, reference="ref")
    deal = deal_of(stage.database, shop, receipt.deal_id)
    with stage.database.read() as connection:
        result = explain_deal(connection, shop.site, deal)
    assert result.deal.lead is None
    assert result.named == LeadRef(LeadKind.CALL, call.id)
    assert result.steps == ()


def test_it_has_no_name_to_tell_when_the_contact_found_the_lead(stage: Stage, shop: Player) -> None:
    stage.call(shop, NOON)
    result = explain(stage, shop, by_call(None, "?", clue=by_contact(PHONE)))
    assert result.deal.lead is not None
    assert result.named is None


def test_it_sees_nothing_of_a_neighbours_leads(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK, contact_matching=True)
    theirs = stage.call(neighbour, NOON, reference="ref")
    result = explain(stage, shop, by_call(theirs.id, "ref", clue=by_contact(PHONE)))
    assert result.named is None
    assert [step.candidates for step in result.steps] == [(), ()]


def test_it_stores_nothing(stage: Stage, shop: Player) -> None:
    stage.call(shop, NOON)
    result = explain(stage, shop, by_contact(PHONE))
    stored = rows_of(stage.database, shop)
    with stage.database.read() as connection:
        assert explain_deal(connection, shop.site, result.deal) == result
    assert rows_of(stage.database, shop) == stored


HOUR = timedelta(hours=1)
BEYOND = NEAR_MISS + THRESHOLD + timedelta(days=10)


def test_it_names_the_threshold_that_reaches_the_nearest_lead_and_that_threshold_does(
    stage: Stage, shop: Player
) -> None:
    call = stage.call(shop, NOON - 3 * HOUR, seconds=60)
    (flip,) = explain(stage, shop, by_contact(PHONE)).rule_changes
    assert flip == RuleChange(LeadRef(LeadKind.CALL, call.id), threshold_at_least=3 * HOUR - MINUTE)
    for threshold, lead in ((3 * HOUR - MINUTE, flip.lead), (3 * HOUR - MINUTE - SECOND, None)):
        clue = by_contact(PHONE, threshold=threshold)
        (receipt,) = stage.perform(register_deals, shop, registration(f"{threshold}", clue=clue))
        assert receipt.lead == lead


def test_a_lead_beyond_the_near_misses_can_still_be_reached(stage: Stage, shop: Player) -> None:
    farthest = stage.call(shop, NOON - 2 * BEYOND, seconds=0)
    nearest = stage.lead_request(shop, NOON - BEYOND, phone=PHONE)
    stage.call(shop, NOON + MINUTE)
    explanation = explain(stage, shop, by_contact(PHONE))
    assert explanation.rule_changes == (
        RuleChange(LeadRef(LeadKind.LEAD_REQUEST, nearest.id), threshold_at_least=BEYOND),
    )
    explanation = explain(stage, shop, by_contact(PHONE, only=LeadKind.CALL), "of calls only")
    assert explanation.rule_changes == (RuleChange(LeadRef(LeadKind.CALL, farthest.id), threshold_at_least=2 * BEYOND),)


def test_a_call_far_back_comes_before_the_request_that_was_found(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON - BEYOND, seconds=0)
    request = stage.lead_request(shop, NOON - HOUR, phone=PHONE)
    explanation = explain(stage, shop, by_contact(PHONE))
    assert explanation.deal.lead == LeadRef(LeadKind.LEAD_REQUEST, request.id)
    assert explanation.rule_changes == (
        RuleChange(None, threshold_at_most=HOUR - SECOND),
        RuleChange(LeadRef(LeadKind.CALL, call.id), threshold_at_least=BEYOND),
    )


def test_a_lead_older_than_any_threshold_flips_nothing(stage: Stage, shop: Player) -> None:
    stage.call(shop, NOON - LINK_THRESHOLD_MAX - SECOND, seconds=0)
    assert explain(stage, shop, by_contact(PHONE)).rule_changes == ()


def test_a_neighbours_lead_flips_nothing(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK, contact_matching=True)
    for started_at in (NOON - BEYOND, NOON - 3 * HOUR):
        stage.call(neighbour, started_at)
    assert explain(stage, shop, by_contact(PHONE)).rule_changes == ()


def test_a_lead_that_is_pinned_or_named_is_flipped_by_no_rule(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON, reference="ref")
    assert explain(stage, shop, by_call(call.id, None, clue=by_contact(PHONE))).rule_changes == ()
    (receipt,) = stage.perform(register_deals, shop, registration("pinned", clue=by_contact(PHONE)))
    with stage.database.write() as connection:
        pin_deal(stage.work(connection, shop, NOON), receipt.deal_id, None)
    deal = deal_of(stage.database, shop, receipt.deal_id)
    with stage.database.read() as connection:
        assert explain_deal(connection, shop.site, deal).rule_changes == ()


def test_contact_matching_alone_flips_what_it_would_find(stage: Stage) -> None:
    shop = stage.open_site(contact_matching=False)
    call = stage.call(shop, NOON)
    explanation = explain(stage, shop, by_contact(PHONE))
    assert explanation.rule_changes == (RuleChange(LeadRef(LeadKind.CALL, call.id), contact_matching=True),)


def explain_by(stage: Stage, player: Player, number: str, *matchers: Matcher) -> Explanation:
    (receipt,) = stage.perform(register_deals, player, registration(number, matchers=matchers))
    deal = deal_of(stage.database, player, receipt.deal_id)
    with stage.database.read() as connection:
        return explain_deal(connection, player.site, deal)


def test_the_smallest_change_of_a_matcher_gives_the_lead_it_promises(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON - 3 * HOUR)
    request = stage.lead_request(shop, NOON - 4 * HOUR, phone=PHONE)
    near = Matcher(MatcherKind.CONTACT, tuple(LeadKind), contacts=(PHONE,), until=NOON, depth=2 * HOUR)
    unlike = Matcher(MatcherKind.ID, (LeadKind.LEAD_REQUEST,), lead_id=request.id, tags=("vip",))
    explanation = explain_by(stage, shop, "unmatched", near, unlike, WITHOUT_SOURCE, unlike)
    assert explanation.deal.lead is None
    by_call, by_request = Match(LeadRef(LeadKind.CALL, call.id)), Match(LeadRef(LeadKind.LEAD_REQUEST, request.id))
    assert explanation.matcher_changes == (
        MatcherChange(by_request, 1, without_tags=True),
        MatcherChange(by_call, 0, depth_at_least=3 * HOUR),
    )
    for number, change in enumerate(explanation.matcher_changes):
        changed = explain_by(stage, shop, f"changed {number}", *with_change(explanation.deal.matchers, change))
        assert Match.of(changed.deal) == change.found
        assert MatcherChange(UNMATCHED) not in changed.matcher_changes


def test_matchers_of_a_pinned_deal_flip_nothing_and_neighbours_leads_neither(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK, contact_matching=True)
    stage.call(neighbour, NOON - 3 * HOUR)
    near = Matcher(MatcherKind.CONTACT, tuple(LeadKind), contacts=(PHONE,), until=NOON, depth=2 * HOUR)
    explanation = explain_by(stage, shop, "alone", near)
    assert explanation.matcher_changes == ()
    stage.call(shop, NOON - 3 * HOUR)
    with stage.database.write() as connection:
        pin_deal(stage.work(connection, shop, NOON), explanation.deal.id, None)
    deal = deal_of(stage.database, shop, explanation.deal.id)
    with stage.database.read() as connection:
        assert explain_deal(connection, shop.site, deal).matcher_changes == ()
