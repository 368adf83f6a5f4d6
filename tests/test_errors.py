"""Every refusal: a code for good, words in two languages, a place in the tree."""

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from dealtrace import errors
from dealtrace.errors import DealNotFound, InvalidParameters, InvalidSetting, PointsSpent, Refusal, Violation

CYRILLIC = re.compile("[А-Яа-яЁё]")
IN_THE_TREE = re.compile(r"^(?:│   )?[├└]── (\w+) +(\d+)", re.MULTILINE)
SAID_IN_ONE_LANGUAGE = {"ru", "en"}


def refusals(parent: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for kind in parent.__subclasses__():
        yield kind
        yield from refusals(kind)


REFUSALS = [kind for kind in refusals() if kind.__module__ == errors.__name__]
OF_EACH = pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)


def facts_of(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


def refuse(kind: type[Refusal]) -> Refusal:
    if kind is InvalidParameters:
        return InvalidParameters([Violation("orderSum", "число", "a number")])
    return kind(**{name: f"<{name}>" for name in facts_of(kind.ru) | facts_of(kind.en)})


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = IN_THE_TREE.findall(errors.__doc__ or "")
    assert drawn == [(kind.__name__, str(kind.code)) for kind in REFUSALS]


def test_every_refusal_has_a_code_of_its_own() -> None:
    for module in Path(errors.__file__).parent.glob("*/refusals.py"):
        importlib.import_module(f"dealtrace.{module.parent.name}.refusals")
    named = {kind: kind.code for kind in refusals()}
    assert [kind for kind, code in named.items() if list(named.values()).count(code) > 1] == []
    assert all("code" in vars(kind) for kind in named)


def test_the_codes_stay_as_programs_know_them() -> None:
    """A new refusal gets a new code here; a code that is here never changes."""
    assert {kind.__name__: kind.code for kind in REFUSALS} == {
        "WidgetNotFound": 10003,
        "ContactUnusable": 10013,
        "InvalidParameters": 10007,
        "UnreadableBody": 10008,
        "BodyTooLarge": 10009,
        "PathNotFound": 10010,
        "MethodNotAllowed": 10011,
        "TokenRejected": 10020,
        "SiteMismatch": 10021,
        "RateExceeded": 10030,
        "PointsSpent": 10031,
        "Overloaded": 10032,
        "DatabaseUnavailable": 10033,
        "AnonymousRateExceeded": 10034,
        "DealKeyMissing": 10040,
        "DealNotFound": 10041,
        "NumberTaken": 10042,
        "CallAndLeadRequest": 10043,
        "DealNotDeleted": 10044,
        "LeadNotFound": 10045,
        "LeadNotDeleted": 10057,
        "LeadNotMatched": 10059,
        "RecordingNotFound": 10058,
        "DealNotPinned": 10046,
        "LeadTaken": 10047,
        "NumberReused": 10048,
        "NameTaken": 10050,
        "SiteNotFound": 10051,
        "UnknownSetting": 10052,
        "InvalidSetting": 10053,
        "InvitationSpent": 10054,
        "TokenNotFound": 10055,
        "PersonNotFound": 10056,
        "FileUnreadable": 10060,
        "ImportInProgress": 10061,
        "WebhookNotFound": 10062,
        "DeliveryNotFound": 10063,
        "HostNotFound": 10074,
        "LoginRefused": 10075,
        "InternalFailure": 500,
    }


@OF_EACH
def test_it_speaks_both_languages(kind: type[Refusal]) -> None:
    russian, english = vars(kind)["ru"], vars(kind)["en"]
    assert CYRILLIC.search(russian) or facts_of(russian) & SAID_IN_ONE_LANGUAGE
    assert not CYRILLIC.search(english)
    assert facts_of(russian) - SAID_IN_ONE_LANGUAGE == facts_of(english) - SAID_IN_ONE_LANGUAGE
    assert "en" not in facts_of(russian)
    assert "ru" not in facts_of(english)


@OF_EACH
def test_it_fills_its_facts_into_its_words(kind: type[Refusal]) -> None:
    refusal = refuse(kind)
    for language in ("ru", "en"):
        assert not set(refusal.text(language)) & set("{}")
        for name in facts_of(getattr(kind, language)):
            assert str(refusal.facts[name]) in refusal.text(language)


@OF_EACH
def test_it_speaks_english_where_nobody_asked(kind: type[Refusal]) -> None:
    refusal = refuse(kind)
    assert str(refusal) == refusal.text("en")


@OF_EACH
def test_it_says_in_a_sentence_when_it_is_given(kind: type[Refusal]) -> None:
    assert (inspect.getdoc(kind) or "").endswith(".")


def test_its_facts_are_kept_for_those_it_steers() -> None:
    refusal = PointsSpent(retry_after_seconds=17)
    assert refusal.facts == {"retry_after_seconds": 17}
    assert refusal.text("ru") == "Суточные баллы API израсходованы. Повторите через 17 с"


@pytest.mark.parametrize("sent", ["{key}", "{", "}", "{0}", "%s", "{key.__class__}"])
def test_what_a_caller_sent_is_never_read_as_a_template(sent: str) -> None:
    assert DealNotFound(key=sent).text("en").endswith(f": {sent}")
    assert sent in InvalidParameters([Violation(sent, sent, sent)]).text("ru")
    assert InvalidSetting(key=sent, ru=sent, en=sent).text("en") == f"{sent}: {sent}"


def test_it_names_every_violation_in_the_language_asked_for() -> None:
    violations = [Violation("orderSum", "нужно число", "a number is needed"), Violation("service", "нет", "missing")]
    refusal = InvalidParameters(violations)
    assert refusal.violations == tuple(violations)
    assert refusal.text("ru") == "Ошибка в параметрах: orderSum: нужно число; service: нет"
    assert refusal.text("en") == "Invalid parameters: orderSum: a number is needed; service: missing"
    assert [(violation.text("ru"), violation.text("en")) for violation in violations] == [
        ("нужно число", "a number is needed"),
        ("нет", "missing"),
    ]


@OF_EACH
def test_it_can_be_raised_and_caught_as_a_refusal(kind: type[Refusal]) -> None:
    with pytest.raises(Refusal) as caught:
        raise refuse(kind)
    assert caught.value.code == kind.code
