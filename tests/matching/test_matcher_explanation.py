"""The lead that the explanation of a matcher shows as chosen is the one that the search finds."""

from hypothesis import given
from hypothesis import strategies as st

from dealtrace.deals.matchers import Matcher, MatcherKind, Preference
from dealtrace.leads.lead import LeadKind
from dealtrace.matching.explanation import CANDIDATES_MAX, MatcherOutcome, explain_matchers
from dealtrace.matching.lead_search import Prospect, SearchByContact, choose, search_of
from domain_records import NOON, PHONE, SECOND, call_span, lead_request_span

KINDS = st.lists(st.sampled_from(list(LeadKind)), min_size=1, unique=True).map(tuple)
MATCHERS = st.builds(
    Matcher,
    st.just(MatcherKind.CONTACT),
    KINDS,
    contacts=st.just((PHONE,)),
    until=st.integers(-9, 9).map(lambda seconds: NOON + seconds * SECOND),
    depth=st.none() | st.integers(0, 9).map(lambda seconds: seconds * SECOND),
    preference=st.sampled_from(list(Preference)),
    tags=st.lists(st.sampled_from("ab"), max_size=2, unique=True).map(tuple),
    any_tag=st.booleans(),
)


@st.composite
def prospects(draw: st.DrawFn) -> list[Prospect]:
    found = []
    for lead_id in range(1, draw(st.integers(1, 7))):
        span_of = draw(st.sampled_from([call_span, lead_request_span]))
        span = span_of(NOON + draw(st.integers(-9, 9)) * SECOND, lead_id=lead_id)
        tags = draw(st.lists(st.sampled_from("ab"), max_size=2, unique=True))
        found.append(Prospect(span, tags, is_unique=draw(st.booleans()), is_unique_lead=draw(st.booleans())))
    return found


@given(MATCHERS, prospects())
def test_the_lead_shown_as_chosen_is_the_one_that_is_found(matcher: Matcher, leads: list[Prospect]) -> None:
    search = search_of(matcher)
    assert isinstance(search, SearchByContact)
    found = choose(search, leads)
    (step,) = explain_matchers([matcher], 0 if found is not None else None, leads)
    assert step.chosen == found


def test_a_matcher_that_did_not_decide_chose_no_lead() -> None:
    near = Prospect(call_span(NOON - SECOND, lead_id=1), (), is_unique=True, is_unique_lead=True)
    matcher = Matcher(MatcherKind.CONTACT, (LeadKind.CALL,), contacts=(PHONE,), until=NOON)
    (step,) = explain_matchers([matcher], None, [near])
    assert (step.outcome, step.chosen) == (MatcherOutcome.FOUND_NOTHING, None)


def test_the_chosen_lead_is_shown_however_many_began_nearer() -> None:
    later = [
        Prospect(call_span(NOON + SECOND, lead_id=number), (), is_unique=True, is_unique_lead=True)
        for number in range(2, CANDIDATES_MAX + 9)
    ]
    chosen = Prospect(call_span(NOON - 9 * SECOND, lead_id=1), (), is_unique=True, is_unique_lead=True)
    matcher = Matcher(MatcherKind.CONTACT, (LeadKind.CALL,), contacts=(PHONE,), until=NOON)
    (step,) = explain_matchers([matcher], 0, [*later, chosen])
    assert len(step.candidates) == CANDIDATES_MAX + 1
    assert step.chosen == chosen.span.ref
