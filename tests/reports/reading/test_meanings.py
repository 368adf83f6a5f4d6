"""The meanings and the groups of metrics: all have one, and no two metrics of a site have one title."""

from dealtrace.reports.column_metrics import metrics_of_columns
from dealtrace.reports.columns import ColumnKind, ReportColumn
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.reading.meanings import MetricGroup, group_of, meaning_of


def test_every_metric_has_a_meaning_in_words_without_names_of_parameters() -> None:
    meanings = [words for each in METRICS.values() for words in (each.meaning_ru, each.meaning_en)]
    assert not [words for words in meanings if "_" in words or not words]


def test_metrics_are_grouped_by_what_they_count() -> None:
    groups = {group: {name for name, each in METRICS.items() if group_of(each) is group} for group in MetricGroup}
    assert groups[MetricGroup.TRAFFIC] == {"visits", "visitors"}
    assert {"calls", "leads", "visit_to_lead"} <= groups[MetricGroup.LEADS]
    assert {"deals", "won", "lost", "match_rate", "assisted"} <= groups[MetricGroup.DEALS]
    assert {"amount", "cost", "cpl", "drr", "average", "clicks"} <= groups[MetricGroup.MONEY]
    assert groups[MetricGroup.OWN] == set()


def test_a_column_named_like_a_metric_says_that_it_is_the_sites_own() -> None:
    columns = [ReportColumn(name, ColumnKind.COUNT, ("x",)) for name in ("Отказы", "Визит на дом")]
    found = metrics_of_columns(columns, has_won=True, has_margins=False)
    assert [(each.ru, each.en) for each in found.values()] == [
        ("Отказы (свой столбец)", "Отказы (own column)"),
        ("Визит на дом", "Визит на дом"),
    ]
    assert {group_of(each) for each in found.values()} == {MetricGroup.OWN}
    assert meaning_of(found["column:Отказы"], "ru") == "столбец, созданный пользователями"
