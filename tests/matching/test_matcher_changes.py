"""The changes of matchers that are named give another match, and a smaller change of a time does not."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dealtrace.deals.matchers import FINAL_KINDS, WITHOUT_SOURCE, Matcher, MatcherKind, Preference
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.matching.lead_search import Prospect, SearchByContact, choose, search_of
from dealtrace.matching.matcher_changes import MINUTE, Attempt, MatcherChange, list_matcher_changes, with_change
from dealtrace.matching.rematch_effect import UNMATCHED, Match
from domain_records import NOON, PHONE, SECOND, call_span, lead_request_span

HALF = timedelta(seconds=30)
MATCHERS = st.lists(
    st.builds(
        Matcher,
        st.just(MatcherKind.CONTACT),
        st.sampled_from([(LeadKind.CALL,), (LeadKind.LEAD_REQUEST,), tuple(LeadKind)]),
        contacts=st.just((PHONE,)),
        until=st.integers(-6, 6).map(lambda halves: NOON + halves * HALF),
        depth=st.none() | st.integers(0, 6).map(lambda minutes: minutes * MINUTE),
        preference=st.sampled_from(list(Preference)),
        tags=st.lists(st.sampled_from("ab"), max_size=2, unique=True).map(tuple),
        any_tag=st.booleans(),
    )
    | st.just(WITHOUT_SOURCE)
    | st.just(Matcher(MatcherKind.CHAT)),
    min_size=1,
    max_size=4,
)


@st.composite
def prospects(draw: st.DrawFn) -> list[Prospect]:
    found = []
    for lead_id in range(1, draw(st.integers(1, 6))):
        span_of = draw(st.sampled_from([call_span, lead_request_span]))
        moment = NOON + draw(st.integers(-20, 10)) * HALF + timedelta(microseconds=draw(st.sampled_from([0, 1])))
        tags = draw(st.lists(st.sampled_from("ab"), max_size=2, unique=True))
        span = span_of(moment, lead_id=lead_id)
        found.append(Prospect(span, tags, is_unique=draw(st.booleans()), is_unique_lead=draw(st.booleans())))
    return found


def match(matchers: list[Matcher], leads: list[Prospect]) -> Match:
    """Match in the plainest way: try each matcher in turn."""
    for matcher in matchers:
        search = search_of(matcher)
        found = choose(search, leads) if isinstance(search, SearchByContact) else None
        if found is not None or matcher.way in FINAL_KINDS:
            return Match(found)
    return UNMATCHED


def changes_of(matchers: list[Matcher], leads: list[Prospect], current: Match | None = None) -> list[MatcherChange]:
    now = match(matchers, leads) if current is None else current
    return list_matcher_changes([Attempt(matcher) for matcher in matchers], leads, now)


@given(MATCHERS, prospects())
def test_each_change_gives_the_match_it_promises_and_none_smaller_does(
    matchers: list[Matcher], leads: list[Prospect]
) -> None:
    now = match(matchers, leads)
    for change in changes_of(matchers, leads):
        assert change.found != now
        assert match(with_change(matchers, change), leads) == change.found
        for smaller in smaller_than(change):
            assert match(with_change(matchers, smaller), leads) == now, smaller


def smaller_than(change: MatcherChange) -> list[MatcherChange]:
    """Return a change that is a unit smaller, if only one time changes."""
    fields = {
        "depth_at_least": -MINUTE,
        "depth_at_most": MINUTE,
        "until_at_least": -SECOND,
        "until_at_most": SECOND,
    }
    changed = [name for name in fields if getattr(change, name) is not None]
    other = change.without_tags or change.preference is not None or change.kinds is not None
    if len(changed) != 1 or other or change.before is not None:
        return []
    (name,) = changed
    return [replace(change, **{name: getattr(change, name) + fields[name]})]


def prospect(minutes: int, lead_id: int = 1, *tags: str, is_unique: bool = True) -> Prospect:
    return Prospect(call_span(NOON - minutes * MINUTE, lead_id=lead_id), tags, is_unique, is_unique)


def by_phone(depth: timedelta | None = None, **more: object) -> Matcher:
    return Matcher(MatcherKind.CONTACT, tuple(LeadKind), contacts=(PHONE,), until=NOON, depth=depth, **more)  # type: ignore[arg-type]


def call(lead_id: int) -> Match:
    return Match(LeadRef(LeadKind.CALL, lead_id))


def test_a_lead_that_misses_the_depth_and_one_that_began_later_need_one_change_each() -> None:
    leads = [prospect(150, 1), prospect(-3, 2)]
    assert changes_of([by_phone(120 * MINUTE)], leads) == [
        MatcherChange(call(2), 0, until_at_least=NOON + 3 * MINUTE),
        MatcherChange(call(1), 0, depth_at_least=150 * MINUTE),
    ]


def test_a_lead_with_two_faults_needs_two_changes_unless_one_of_them_is_enough() -> None:
    strict = by_phone(120 * MINUTE, tags=("vip",), preference=Preference.NEAREST_UNIQUE)
    assert changes_of([strict], [prospect(10, 1, is_unique=False)]) == [
        MatcherChange(call(1), 0, without_tags=True, preference=Preference.NEAREST)
    ]
    assert changes_of([strict], [prospect(10, 1, is_unique=False), prospect(20, 2)]) == [
        MatcherChange(call(2), 0, without_tags=True)
    ]


def test_the_matcher_that_decided_can_lose_its_lead_to_the_next() -> None:
    other = Prospect(call_span(NOON - 20 * MINUTE, lead_id=2, contact="79205550066"), (), True, True)
    matchers = [by_phone(60 * MINUTE), replace(by_phone(), contacts=("79205550066",))]
    assert changes_of(matchers, [prospect(10, 1), other]) == [
        MatcherChange(call(2), 0, until_at_most=NOON - 10 * MINUTE - SECOND),
        MatcherChange(call(2), 0, until_at_least=NOON + 50 * MINUTE + SECOND),
        MatcherChange(call(2), 0, depth_at_most=9 * MINUTE),
        MatcherChange(call(2), 1, before=0),
    ]


def test_a_later_date_that_loses_the_lead_is_smaller_than_one_that_finds_the_next() -> None:
    leads = [prospect(10, 1), prospect(-6, 2)]
    changes = changes_of([by_phone(11 * MINUTE)], leads)
    assert MatcherChange(UNMATCHED, 0, until_at_least=NOON + MINUTE + SECOND) in changes
    assert [change.found for change in changes if change.until_at_least is not None] == [UNMATCHED]


def test_a_matcher_behind_the_one_that_always_decides_may_be_tried_first() -> None:
    assert changes_of([WITHOUT_SOURCE, by_phone()], [prospect(10)]) == [MatcherChange(call(1), 1, before=0)]


def test_a_deal_whose_matchers_would_now_find_another_lead_is_only_matched_again() -> None:
    assert changes_of([by_phone()], [prospect(10)], current=UNMATCHED) == [MatcherChange(call(1))]


def test_a_lead_named_by_id_may_lack_the_tags() -> None:
    named = Matcher(MatcherKind.ID, (LeadKind.CALL,), lead_id=7, tags=("vip",))
    attempt = Attempt(named, UNMATCHED, call(7))
    assert list_matcher_changes([attempt], [], UNMATCHED) == [MatcherChange(call(7), 0, without_tags=True)]
