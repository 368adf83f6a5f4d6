"""The meanings and the groups of metrics: all have one, and no two metrics of a site have one title."""

from dealtrace.reports.column_definitions import ColumnKind, ReportColumn
from dealtrace.reports.column_metrics import metrics_of_columns
from dealtrace.reports.metrics import METRICS, Group
from dealtrace.reports.reading.meanings import GROUP_TITLES, metric_meaning


def test_every_metric_has_a_meaning_in_words_without_names_of_parameters() -> None:
    meanings = [words for each in METRICS.values() for words in (each.meaning_ru, each.meaning_en)]
    assert not [words for words in meanings if "_" in words or not words]


def test_no_two_metrics_have_one_meaning_and_equal_formulas_say_so() -> None:
    for language in ("ru", "en"):
        meanings = [metric_meaning(each, language) for each in METRICS.values()]
        assert len(set(meanings)) == len(meanings)
    same = [(each, other) for each in METRICS.values() for other in METRICS.values() if each.formula == other.formula]
    for each, other in same:
        if each != other:
            assert f"то же, что {other.ru}" in each.meaning_ru
            assert f"the same as {other.en}" in each.meaning_en


def test_every_metric_stands_in_the_group_where_a_marketer_looks_for_it() -> None:
    groups = {group: {name for name, each in METRICS.items() if each.group is group} for group in Group}
    assert groups[Group.TRAFFIC] == {"visits", "visitors"}
    assert {"calls", "leads", "visit_to_lead"} <= groups[Group.LEADS]
    assert {"deals", "won", "lost", "match_rate", "assisted", "deal_to_won"} <= groups[Group.DEALS]
    assert groups[Group.MONEY] == {"amount", "margin", "won_amount", "won_margin", "average"}
    assert groups[Group.COSTS] == {"cost", "clicks", "cpc", "cpl", "cpo", "cac", "roi", "romi", "roas", "drr"}
    assert groups[Group.OWN] == set()
    assert list(GROUP_TITLES) == list(Group)


def test_a_column_named_like_a_metric_says_that_it_is_the_sites_own() -> None:
    columns = [ReportColumn(name, ColumnKind.COUNT, ("x",)) for name in ("Отказы", "Визит на дом")]
    found = metrics_of_columns(columns)
    assert [(each.ru, each.en) for each in found.values()] == [
        ("Отказы (свой столбец)", "Отказы (custom column)"),
        ("Визит на дом", "Визит на дом"),
    ]
    assert {each.group for each in found.values()} == {Group.OWN}
    assert metric_meaning(found["column:Отказы"], "ru") == "столбец, созданный пользователями"
