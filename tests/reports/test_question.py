"""Questions in words: what they mean, and what is said of those that mean nothing."""

from datetime import date

import pytest

from dealtrace.attribution.credit import AttributionModel
from dealtrace.errors import InvalidParameters
from dealtrace.reports.dimensions import DIMENSIONS, field_dimension
from dealtrace.reports.figure import base_measure, parse_figure
from dealtrace.reports.filters import Filter, Operator
from dealtrace.reports.metrics import METRICS, Formula
from dealtrace.reports.periods import Comparison, Period
from dealtrace.reports.question import DateOf, Question, QuestionContext, RawQuestion, Sort, format_sort
from dealtrace.reports.question_parser import parse_filters, parse_question

TODAY = date(2026, 11, 26)
KNOWN = QuestionContext(
    TODAY,
    AttributionModel.LAST_NON_DIRECT,
    ["city", "a,b:c"],
    {"column:Оплаты": METRICS["won"]},
    {"ours": ["manager:is:Коля"], "old": ["field:gone:filled"]},
)


def asked(known: QuestionContext = KNOWN, *filters: str, **words: str) -> Question:
    return parse_question(RawQuestion(**{"metrics": "deals", **words}, filters=filters), known)


def faults(known: QuestionContext = KNOWN, *filters: str, **words: str) -> dict[str, str]:
    """Return what is said in English of each word that is at fault."""
    with pytest.raises(InvalidParameters) as refused:
        asked(known, *filters, **words)
    return {violation.field: violation.en for violation in refused.value.violations}


def test_a_question_has_defaults() -> None:
    assert asked() == Question(
        (),
        (METRICS["deals"],),
        Period(date(2026, 10, 30), TODAY),
        AttributionModel.LAST_NON_DIRECT,
    )


def test_a_question_says_everything() -> None:
    found = asked(
        KNOWN, "source:not:yandex", by="source, field:a\\,b\\:c,source", metrics="deals,column:Оплаты",
        first="2024-02-01", last="2024-02-29", model="6", date_of="changed", compare="weekdays", segment="ours",
        sort="-field:a\\,b\\:c", limit="10000",
    )  # fmt: skip
    assert found == Question(
        (DIMENSIONS["source"], field_dimension("a,b:c")),
        (METRICS["deals"], METRICS["won"]),
        Period(date(2024, 2, 1), date(2024, 2, 29)),
        AttributionModel.POSITION_BASED,
        DateOf.CHANGED,
        Comparison.WEEKDAYS,
        (
            Filter(DIMENSIONS["source"], Operator.NOT, ("yandex",)),
            Filter(DIMENSIONS["manager"], Operator.IS, ("Коля",)),
        ),
        Sort("field:a,b:c", is_descending=True),
        10_000,
    )


@pytest.mark.parametrize("sort", ["deals", "-deals", "change:deals", "-change:won", "source", "-field:a\\,b\\:c"])
def test_an_order_is_written_as_it_is_asked_for(sort: str) -> None:
    found = asked(by="source,field:a\\,b\\:c", metrics="deals,column:Оплаты", compare="previous", sort=sort).sort
    assert found is not None
    assert found.is_by_change is ("change:" in sort)
    assert format_sort(found) == sort


def test_all_models_are_no_model() -> None:
    assert asked(models="all").model is None


@pytest.mark.parametrize(
    ("first", "last", "period"),
    [
        ("2026-11-01", "", ("2026-11-01", "2026-11-26")),
        ("2026-12-05", "", ("2026-12-05", "2026-12-05")),
        ("", "2026-11-20", ("2026-10-30", "2026-11-20")),
        ("", "2020-01-01", ("2020-01-01", "2020-01-01")),
    ],
)
def test_a_missing_day_is_the_usual_one(first: str, last: str, period: tuple[str, str]) -> None:
    found = asked(first=first, last=last).period
    assert (str(found.first_on), str(found.last_on)) == period


@pytest.mark.parametrize(
    ("words", "field", "named"),
    [
        ({"by": "sourse"}, "by", ("“sourse”", "did you mean source?", "landing_page", "field:…")),
        ({"by": "field:town"}, "by", ("“town”", "city")),
        ({"by": "day,week,month,hour"}, "by", ("3",)),
        ({"metrics": ""}, "metrics", ("visits", "drr")),
        ({"metrics": "deels"}, "metrics", ("“deels”", "did you mean deals?", "column:Оплаты")),
        ({"period": "fortnight"}, "period", ("“fortnight”", "28d")),
        ({"period": "7d", "first": "2026-11-01"}, "period", ("either",)),
        ({"first": "2026-2-30"}, "from", ("2026-11-30",)),
        ({"first": "1989-12-31"}, "from", ("1990",)),
        ({"last": "2101-01-01"}, "to", ("2100",)),
        ({"last": "٢٠٢٦-١١-٠١"}, "to", ("2026-11-30",)),
        ({"first": "2026-11-02", "last": "2026-11-01"}, "from", ("after `to`",)),
        ({"first": "1990-01-01", "last": "2100-12-31"}, "from", ("36600",)),
        ({"model": "7"}, "model", ("“7”", "0 last_interaction", "6 position_based")),
        ({"models": "both"}, "models", ("all",)),
        ({"models": "all", "model": "1"}, "models", ("either",)),
        ({"date_of": "now"}, "date", ("“now”", "changed")),
        ({"compare": "never"}, "compare", ("“never”", "previous")),
        ({"segment": "our"}, "segment", ("“our”", "ours")),
        ({"by": "field:b"}, "by", ("available: city, «a,b:c»",)),
        ({"segment": "old"}, "segment", ("segment “old” can no longer be used", "“gone”", "city")),
        ({"sort": "-amount"}, "sort", ("“amount”", "deals")),
        ({"sort": "-change:deals"}, "sort", ("needs a comparison", "`compare`", "change:deals")),
        ({"sort": "change:amount"}, "sort", ("“change:amount”", "deals")),
        ({"sort": "change:amount", "compare": "year"}, "sort", ("“change:amount”", "change:deals")),
        ({"sort": "change:source", "by": "source", "compare": "year"}, "sort", ("“change:source”", "change:deals")),
        ({"sort": "change:deals", "compare": "never"}, "compare", ("“never”",)),
        ({"limit": "10001"}, "limit", ("10000",)),
        ({"limit": "+1"}, "limit", ("10000",)),
        ({"limit": "9" * 5000}, "limit", ("10000",)),
    ],
)
def test_a_word_that_means_nothing_is_named_with_those_that_do(
    words: dict[str, str], field: str, named: tuple[str, ...]
) -> None:
    said = faults(**words)
    assert list(said) == [field]
    assert all(word in said[field] for word in named), said


def test_all_faults_are_named_at_once() -> None:
    said = faults(KNOWN, "x:is:y", by="x", metrics="x", model="x", first="x", date_of="x", compare="x", limit="x")
    assert set(said) == {"by", "metrics", "from", "model", "date", "compare", "filter", "limit"}


def test_a_file_has_all_rows_unless_fewer_are_asked_for() -> None:
    everything = QuestionContext(TODAY, AttributionModel.LINEAR, rows_max=None)
    assert asked(everything).limit is None
    assert asked(everything, limit="5").limit == 5
    assert "10000" in faults(everything, limit="10001")["limit"]


def test_a_filter_that_is_no_text_is_refused() -> None:
    assert "UTF-8" in faults(KNOWN, "source:is:\udcff")["filter"]


def test_filters_alone_are_checked_likewise() -> None:
    assert parse_filters(["manager:filled"], KNOWN) == (Filter(DIMENSIONS["manager"], Operator.FILLED),)
    with pytest.raises(InvalidParameters) as refused:
        parse_filters(["manager", "boss:is:me"], KNOWN)
    assert len(refused.value.violations) == 2


def test_rows_stand_behind_sums_and_counts_of_one_fact() -> None:
    behind = {name for name, metric in METRICS.items() if base_measure(metric) is not None}
    formulas = {name: metric.formula for name, metric in METRICS.items()}
    sums = {name for name, formula in formulas.items() if isinstance(formula, Formula) and formula.under is None}
    assert behind == sums


@pytest.mark.parametrize(
    ("words", "keys", "field"),
    [
        ({"metrics": "drr"}, [], "metrics"),
        ({"metrics": "deals,won"}, [], "metrics"),
        ({"by": "source"}, [], "key"),
        ({"by": "source"}, ["a", "b"], "key"),
        ({"by": "hour"}, ["25"], "key"),
        ({"by": "client_kind"}, ["nope"], "key"),
        ({"metrics": "visits", "by": "manager"}, [""], "by"),
        ({"models": "all"}, [], "models"),
    ],
)
def test_a_figure_has_one_metric_one_model_and_a_key_for_each_dimension(
    words: dict[str, str], keys: list[str], field: str
) -> None:
    with pytest.raises(InvalidParameters) as refused:
        parse_figure(RawQuestion(**{"metrics": "deals", **words}), keys, 0, KNOWN)
    assert [violation.field for violation in refused.value.violations] == [field]


def test_the_keys_of_a_figure_are_those_of_statements() -> None:
    figure = parse_figure(RawQuestion(metrics="amount", by="source,hour,status"), [" Yandex", "09", ""], 5, KNOWN)
    assert (figure.keys, figure.offset, figure.limit) == (("yandex", 9, None), 5, 1000)
