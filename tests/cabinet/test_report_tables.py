"""The table of a report as people read it: good and bad changes, the earlier number, the best and the worst row."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import pytest

from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.formats import metric_value, money, number
from dealtrace.cabinet.reports.change_texts import FigureChange, change_of
from dealtrace.cabinet.reports.model_comparison import by_models
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.reports.table import Table, table_of
from dealtrace.errors import Language
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.column_definitions import ColumnKind, ReportColumn
from dealtrace.reports.column_formulas import parse_formula
from dealtrace.reports.column_metrics import metrics_of_columns
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import Period
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.reading.overlap import undivided_text

MODEL = AttributionModel.LAST_NON_DIRECT
TODAY = date(2026, 11, 26)
PERIOD = Period(date(2026, 10, 2), date(2026, 10, 29))
Values = tuple[int | None, ...]


def table(
    by: str, metrics: str, rows: Mapping[str | None, tuple[Values, Values]], filters: tuple[str, ...] = ()
) -> Table:
    question = parse_question(
        RawQuestion(by=by, metrics=metrics, compare="previous", filters=filters), QuestionContext(TODAY, MODEL)
    )
    shown = [ReportLine((key,), figures(now), figures(before)) for key, (now, before) in rows.items()]
    total = ReportLine((), *(figures(sides) for sides in next(iter(rows.values()))))
    is_empty = not any(value for _, before in rows.values() for value in before)
    report = Report(question, shown, len(shown), total, PERIOD, has_nothing_before=is_empty)
    return table_of(report, ReportUrl("/reports", (), ()), "/rows", "ru", lambda words: words)


def figures(values: Values) -> dict[AttributionModel, tuple[Fraction | None, ...]]:
    return {MODEL: tuple(Fraction(value) if value is not None else None for value in values)}


def judgements(shown: Table) -> list[list[str]]:
    return [[cell.change.judgement if cell.change else "" for cell in line.cells] for line in shown.lines]


def test_a_change_is_good_bad_or_neither_by_its_metric() -> None:
    shown = table("manager", "deals,lost,cpl,cost,drr", {"Анна": ((2, 2, 2, 2, 2), (1, 1, 1, 1, 1))})
    assert judgements(shown) == [["better", "worse", "worse", "neutral", "worse"]]
    shown = table("manager", "deals,lost,cpl,cost,drr", {"Анна": ((1, 1, 1, 1, 1), (2, 2, 2, 2, 2))})
    assert judgements(shown) == [["worse", "better", "better", "neutral", "better"]]


def test_more_deals_without_a_source_are_marked_as_bad() -> None:
    assert judgements(table("source", "deals", {None: ((95,), (63,)), "yandex": ((95,), (63,))})) == [
        ["worse"],
        ["better"],
    ]
    by_reason = table("match_reason", "deals,amount", {"no_lead_near": ((31, 310), (1, 10))})
    assert judgements(by_reason) == [["worse", "neutral"]]
    home = table("source", "amount,won_amount", {None: ((168, 156), (100, 100))})
    assert judgements(home) == [["neutral", "neutral"]]
    filtered = table("manager", "deals", {"Анна": ((31,), (1,))}, filters=("match_reason:is:no_lead_near",))
    assert judgements(filtered) == [["worse"]]
    assert filtered.total[0].change is not None
    assert filtered.total[0].change.judgement == "worse"


def test_the_earlier_number_stands_beside_the_change() -> None:
    deals = METRICS["deals"]
    assert change_of(deals, Fraction(71), Fraction(93), "ru") == FigureChange("−24\u00a0%", "worse", "93", "−22")
    assert change_of(deals, Fraction(7), Fraction(0), "ru") == FigureChange("+7", "better", "0")
    assert change_of(deals, Fraction(7), Fraction(7), "ru") is None
    assert change_of(METRICS["amount"], Fraction(1500), Fraction(1200), "en") == FigureChange(
        "+25\u00a0%", "better", "1\u202f200\u00a0₽", "+300\u00a0₽"
    )


def test_a_change_that_rounds_to_zero_is_neither_good_nor_bad() -> None:
    deals, drr = METRICS["deals"], METRICS["drr"]
    assert change_of(deals, Fraction(999), Fraction(1000), "ru") == FigureChange(
        "0\u00a0%", "neutral", "1\u202f000", "−1"
    )
    assert change_of(deals, Fraction(1001), Fraction(1000), "en") == FigureChange(
        "0\u00a0%", "neutral", "1\u202f000", "+1"
    )
    found = change_of(drr, Fraction(1, 4) + Fraction(1, 10**6), Fraction(1, 4), "en")
    assert found == FigureChange("0.00\u00a0pp", "neutral", "25.0\u00a0%")


def test_a_figure_without_a_counterpart_says_so() -> None:
    cpl = METRICS["cpl"]
    for language, words in (("ru", "нет данных для сравнения"), ("en", "no data to compare")):
        assert change_of(cpl, Fraction(7), None, language) == FigureChange(words, "neutral", "")
    assert change_of(cpl, None, Fraction(7), "en") is None
    assert change_of(cpl, None, None, "en") is None
    assert change_of(cpl, Fraction(0), None, "en") is None, "the cell says that there are no costs"


@pytest.mark.parametrize("before", [0, 5])
def test_an_empty_period_before_is_stated_once(before: int) -> None:
    shown = table("source", "deals", {"yandex": ((12,), (before,)), "google": ((3,), (0,))})
    words = [line.cells[0].change.text if line.cells[0].change is not None else "" for line in shown.lines]
    total = shown.total[0].change
    assert total is not None
    if before:
        assert (words, total.text, total.difference) == (["+140\u00a0%", "+3"], "+140\u00a0%", "+7")
    else:
        assert (words, total.text, total.before) == (["", ""], "нет данных для сравнения", "")


def test_a_share_changes_by_percentage_points() -> None:
    drr, won_rate = METRICS["drr"], METRICS["match_rate"]
    points = "п.\u00a0п."
    assert change_of(drr, Fraction(1, 4), Fraction(1, 2), "ru") == FigureChange(
        f"−25,0\u00a0{points}", "better", "50,0\u00a0%"
    )
    changes = {
        (Fraction(532, 1000), Fraction(500, 1000)): ("+3.2\u00a0pp", f"+3,2\u00a0{points}"),
        (Fraction(1, 2), Fraction(0)): ("+50.0\u00a0pp", f"+50,0\u00a0{points}"),
        (Fraction(0), Fraction(1)): ("−100.0\u00a0pp", f"−100,0\u00a0{points}"),
        (Fraction(5004, 10_000), Fraction(1, 2)): ("+0.04\u00a0pp", f"+0,04\u00a0{points}"),
    }
    for (value, before), words in changes.items():
        found = [change_of(won_rate, value, before, language) for language in ("en", "ru")]
        assert [each.text for each in found if each is not None] == list(words)


def test_every_metric_shown_as_a_percentage_changes_by_points_and_no_other_does() -> None:
    for metric in METRICS.values():
        change = change_of(metric, Fraction(3, 4), Fraction(1, 2), "en")
        assert change is not None
        is_percentage = metric_value("en", metric, Fraction(3, 4)).endswith("%")
        assert change.text == ("+25.0\u00a0pp" if is_percentage else "+50\u00a0%"), metric.name


def marks(shown: Table) -> list[str]:
    return [line.cells[0].mark for line in shown.lines]


def test_rows_without_costs_are_neither_best_nor_worst() -> None:
    rows: dict[str | None, tuple[Values, Values]] = {
        "seo": ((0,), (0,)),
        "yandex": ((3,), (0,)),
        "vk": ((9,), (0,)),
        None: ((99,), (0,)),
    }
    assert marks(table("source", "cpl", rows)) == ["", "★", "▿", ""]
    assert marks(table("source", "cost", rows)) == ["", "", "", ""]
    assert table("source", "cpl", rows).legend == "★ best and ▿ worst value of a column"
    assert table("source", "cost", rows).legend == ""
    assert marks(table("source", "deal_to_won", rows)) == ["▿", "", "★", ""]


def test_money_spent_for_nothing_is_the_worst_of_a_column() -> None:
    rows: dict[str | None, tuple[Values, Values]] = {
        "yandex": ((3, 5), (0, 0)),
        "vk": ((9, 5), (0, 0)),
        "banner": ((None, 5), (0, 0)),
        "seo": ((None, 0), (0, 0)),
        None: ((None, 5), (0, 0)),
    }
    for metrics in ("cpo,cost", "cac,cpc"):
        shown = table("source", metrics, rows)
        assert marks(shown) == ["★", "", "▿", "", ""], metrics
        assert shown.legend.endswith("▿ – means: money was spent, and nothing came of it")
    assert marks(table("source", "roi,cost", rows)) == ["▿", "★", "", "", ""]
    lone: dict[str | None, tuple[Values, Values]] = {"yandex": ((3, 5), (0, 0)), "vk": ((None, 5), (0, 0))}
    assert marks(table("source", "cpo,cost", lone)) == ["★", "▿"]
    assert marks(table("source", "cpo,deals", lone)) == ["", ""]


@pytest.mark.parametrize(
    ("metrics", "nothing"), [("drr,cost,won_amount", 0), ("drr,cost,roas", 0), ("cpc,cost,clicks", 0)]
)
def test_money_was_not_spent_for_nothing_if_income_or_clicks_are_unknown(metrics: str, nothing: int) -> None:
    rows: dict[str | None, tuple[Values, Values]] = {
        "yandex": ((3, 5, 2), (0, 0, 0)), "vk": ((9, 5, 1), (0, 0, 0)),
        "banner": ((None, 5, nothing), (0, 0, 0)), "dollars": ((None, 5, None), (0, 0, 0)),
    }  # fmt: skip
    assert marks(table("source", metrics, rows)) == ["★", "", "▿", ""]
    short = {key: (now[:2], before[:2]) for key, (now, before) in rows.items()}
    assert marks(table("source", metrics.rpartition(",")[0], short)) == ["★", "▿", "", ""], "it may be unknown"


def test_a_price_without_costs_says_so_beside_it() -> None:
    rows: dict[str | None, tuple[Values, Values]] = {"(direct)": ((0, 0, 0), (0, 0, 0)), "vk": ((2, 2, 2), (0, 0, 0))}
    shown = table("source", "drr,cpl,deal_to_won", rows)
    assert [[cell.note for cell in line.cells] for line in shown.lines] == [["no costs", "no costs", ""], [""] * 3]


def test_all_models_state_their_spread_in_points_and_prices_without_costs() -> None:
    question = parse_question(RawQuestion(by="source", metrics="drr", models="all"), QuestionContext(TODAY, MODEL))
    costly = {model: (Fraction(place, 10),) for place, model in enumerate(AttributionModel, start=1)}
    free = dict.fromkeys(AttributionModel, (Fraction(0),))
    rows = [ReportLine(("vk",), costly, None), ReportLine(("(direct)",), free, None)]
    report = Report(question, rows, len(rows), ReportLine((), costly, None))
    shown = by_models(report, None, "", "en", lambda words: words)
    assert [line.apart for line in shown.lines] == ["60.0\u00a0pp", "–"]
    assert {tuple(cell.note for cell in line.values) for line in shown.lines} == {("",) * 7, ("no costs",) * 7}
    assert {cell.note for cell in shown.total.values} == {"may incl. free sources"}


def test_a_report_says_which_figures_its_rows_lack() -> None:
    known = QuestionContext(TODAY, MODEL)
    asked = RawQuestion(by="source,device", metrics="deals,cost,cpo")
    assert undivided_text(parse_question(asked, known), "en").startswith("Not broken down by “Device”: Cost, ")
    across = RawQuestion(by="source", pivot="manager", metrics="visits")
    assert undivided_text(parse_question(across, known), "ru").startswith(
        "По группировке «Менеджер» не делятся: Визиты"
    )
    assert undivided_text(parse_question(RawQuestion(by="source", metrics="deals,cost"), known), "en") == ""
    twice = undivided_text(parse_question(RawQuestion(by="device,manager", metrics="visits,cost"), known), "en")
    assert "Not broken down by “Device”: Cost. " in twice
    assert "Not broken down by “Manager”: Visits. " in twice


def test_a_report_does_not_say_that_its_total_has_what_a_filter_makes_unknown() -> None:
    known = QuestionContext(TODAY, MODEL)
    asked = parse_question(RawQuestion(by="browser", metrics="deals,cost", filters=("device:is:mobile",)), known)
    assert undivided_text(asked, "en") == "Not known when filtered by “Device”: Cost."
    assert undivided_text(asked, "ru") == "С фильтром «Устройство» неизвестны: Расходы."


def test_negative_numbers_have_a_minus_sign_and_not_a_hyphen() -> None:
    assert number("ru", -1234) == "−1\u202f234"
    assert money("en", Fraction(-5, 2)) == "−2.50\u00a0₽"
    assert metric_value("ru", METRICS["romi"], Fraction(-9, 10)) == "−90,0\u00a0%"


def test_counts_under_shares_have_no_decimals_that_are_zero() -> None:
    deals = METRICS["deals"]
    shown = [metric_value("ru", deals, value) for value in (Fraction(48), Fraction(47_999_999, 10**6), Fraction(17, 2))]
    assert shown == ["48", "48", "8,50"]


def test_a_column_of_a_site_in_rubles_is_shown_as_other_money() -> None:
    made = {"Profit": "won_amount - cost", "Check": 'column:"Profit" / won', "Rate": "won / deals"}
    columns = [ReportColumn(name, ColumnKind.FORMULA, formula=parse_formula(text)) for name, text in made.items()]
    value = Fraction(53_830_701_754, 10**6)
    shown = [metric_value("en", metric, value) for metric in metrics_of_columns(columns).values()]
    assert shown == ["53\u202f831\u00a0₽", "53\u202f831\u00a0₽", "53\u202f830.70"]


def by_week(language: Language) -> Table:
    """Return a table of five weeks, of which the period cuts off the first, and the last is not over."""
    question = parse_question(RawQuestion(by="week", metrics="deal_to_won"), QuestionContext(TODAY, MODEL))
    rates = {"2026-W44": 0, "2026-W45": 3, "2026-W46": 2, "2026-W47": 1, "2026-W48": 9}
    rows = [ReportLine((key,), figures((rate,)), None) for key, rate in rates.items()]
    report = Report(question, rows, len(rows), rows[0], today=TODAY)
    return table_of(report, ReportUrl("/reports", (), ()), "/rows", language, lambda words: words)


def test_weeks_that_are_not_counted_whole_say_so_and_are_neither_best_nor_worst() -> None:
    assert [line.keys[0].part for line in by_week("ru").lines] == [
        "только с 30\u00a0окт\u00a02026", "", "", "", "ещё идёт",
    ]  # fmt: skip
    assert [line.keys[0].part for line in by_week("en").lines] == [
        "only from 30\u00a0Oct\u00a02026", "", "", "", "not finished",
    ]  # fmt: skip
    assert marks(by_week("en")) == ["", "★", "", "▿", ""]
    assert by_week("en").legend.endswith("; incomplete weeks, months and so on are not compared")


def test_a_table_says_that_costs_of_nothing_are_unknown_where_other_sources_have_some() -> None:
    rows: dict[str | None, tuple[Values, Values]] = {"yandex": ((5, 2), (5, 2)), "(direct)": ((0, 3), (0, 3))}
    assert table("source", "cost,deals", rows).has_rows_without_costs
    assert table("campaign", "cpl,deals", rows).has_rows_without_costs
    assert not table("manager", "cost,deals", rows).has_rows_without_costs
    assert not table("source", "amount,deals", rows).has_rows_without_costs
    alone: dict[str | None, tuple[Values, Values]] = {"yandex": ((5, 2), (5, 2))}
    assert not table("source", "cost,deals", alone).has_rows_without_costs
