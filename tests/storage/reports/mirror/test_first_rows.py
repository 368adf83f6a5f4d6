"""The first rows of a report that the mirror chooses are those of a report that sorts all rows in memory."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, literal_column, select, union_all

from cast import Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.amount import AMOUNT_MAX
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.record import record
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.measures import Sum
from dealtrace.reports.metrics import COST, METRICS, WON_AMOUNT, Formula
from dealtrace.reports.question import Question, QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.reports.mirror.dialect import fetch_rows
from dealtrace.storage.reports.mirror.facts import MirrorFacts
from dealtrace.storage.reports.mirror.first_rows import comparable
from dealtrace.storage.reports.mirror.library import MirrorConnection, connect
from dealtrace.storage.reports.statement_types import NO_PARAMETERS, Parameters, Rows, Selection
from engines import CopySqlite
from examples import examples
from mirrored import DAY, FIELDS, GOOGLE, NOON, YANDEX, Scene

NOW = NOON + timedelta(days=2)
NAMES = [*DIMENSIONS, *(f"field:{name}" for name in FIELDS if ":" not in name)]
VISITS = 8
MEMORY_MIB = 256


@record
class _SortedInMemory(MirrorFacts):
    """The facts of the mirror, of which all rows are fetched."""

    @property
    def chooses_first(self) -> bool:
        return False


@pytest.fixture(scope="module")
def scene(copy_sqlite: CopySqlite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Give a site with facts of every kind, and with sources that are spelt in several ways."""
    file = tmp_path_factory.mktemp("first") / "dealtrace.db"
    database = open_database(copy_sqlite(file))
    found = Scene(Stage(database))
    sources = (YANDEX, GOOGLE, TrafficSource("yandex ", "CPC"), TrafficSource("yandex", "cpc", "Brand"),
               TrafficSource("Google", "Ёж"), TrafficSource("ya", "я"))  # fmt: skip
    for number in range(VISITS):
        at = NOON - timedelta(days=number % 3, hours=number)
        found.stage.visit(found.shop, at, sources[number % len(sources)], city=f"City {number % 2}")
    yield found
    database.close()


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MirrorConnection]:
    folder = tmp_path_factory.mktemp("empty")
    opened = connect(folder / "empty.duckdb", MEMORY_MIB, folder / "spilled")
    yield opened
    opened.close()


def question_of(**words: object) -> Question:
    period = {"first": str(DAY - timedelta(days=3)), "last": str(DAY + timedelta(days=1))}
    known = QuestionContext(DAY, AttributionModel.LAST_INTERACTION, FIELDS)
    return parse_question(RawQuestion(**{**period, **words}), known)  # type: ignore[arg-type]


@st.composite
def questions(draw: st.DrawFn) -> Question:
    by = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    metrics = draw(st.lists(st.sampled_from(list(METRICS)), min_size=1, max_size=4, unique=True))
    compare = draw(st.sampled_from(["", "previous", "year", "weekdays"]))
    changes = [f"change:{name}" for name in metrics] if compare else []
    sort = draw(st.sampled_from(["", *metrics, *by, *changes]))
    return question_of(
        by=",".join(by),
        metrics=",".join(metrics),
        sort=draw(st.sampled_from(["", "-"])) + sort if sort else "",
        compare=compare,
        limit=str(draw(st.integers(1, 6))),
        model=str(draw(st.integers(0, 6))),
        date_of=draw(st.sampled_from(["deal", "lead", "changed"])),
        filters=draw(st.sampled_from([(), ("source:contains:a",), ("city:filled",), ("month:empty",)])),
    )


@settings(max_examples=examples(40), deadline=None)
@given(asked=questions())
def test_the_first_rows_are_those_of_all_rows_sorted_in_memory(scene: Scene, asked: Question) -> None:
    site = scene.shop.site
    with open_facts(scene.stage.database, site) as source:
        assert isinstance(source.tables, MirrorFacts)
        tables = _SortedInMemory(source.tables.contact_matching, source.tables.visit_keys)
        assert ask(source, site, asked, NOW) == ask(replace(source, tables=tables), site, asked, NOW)


SORTS = ["", "-visits", "visits", "deal_to_won", "-city", "city", "source"]


@pytest.mark.parametrize(
    ("sort", "compare"),
    [
        *((sort, compare) for sort in SORTS for compare in ("", "year")),
        ("change:visits", "year"),
        ("-change:visits", "year"),
    ],
)
def test_only_the_rows_shown_and_the_totals_are_fetched(scene: Scene, sort: str, compare: str) -> None:
    """Most rows have the same figures."""
    fetched: list[int] = []
    asked = question_of(by="city,source,day", metrics="visits,leads,deal_to_won", sort=sort, compare=compare, limit="2")
    with open_facts(scene.stage.database, scene.shop.site) as source:

        def fetch(statement: Selection, parameters: Parameters = NO_PARAMETERS) -> Rows:
            rows = source.fetch(statement, parameters)
            if len(rows) > 0 and len(rows[0]) > len(asked.by):
                fetched.append(len(rows))
            return rows

        report = ask(FactSource(source.tables, fetch), scene.shop.site, asked, NOW)
    assert fetched[0] == len(report.rows) + 1
    assert report.rows_total > len(report.rows) == 2


@pytest.mark.few(8)
@pytest.mark.parametrize("compare", ["previous", "year"])
@pytest.mark.parametrize("sort", ["change:visits", "-change:visits", "change:leads", "change:deal_to_won"])
@pytest.mark.parametrize("by", ["city,source", "day", "source", "city,day"])
def test_rows_are_chosen_by_their_change_as_they_are_sorted_in_memory(
    scene: Scene, by: str, sort: str, compare: str
) -> None:
    """Visits fall on both periods, in different rows; the change of a ratio is sorted from all rows."""
    site, days = scene.shop.site, {"first": str(DAY - timedelta(days=1)), "last": str(DAY + timedelta(days=1))}
    metrics = "visits,leads,deal_to_won"
    with open_facts(scene.stage.database, site) as source:
        assert isinstance(source.tables, MirrorFacts)
        tables = _SortedInMemory(source.tables.contact_matching, source.tables.visit_keys)
        for limit in ("1", "2", "3"):
            asked = question_of(by=by, metrics=metrics, sort=sort, compare=compare, limit=limit, **days)
            assert ask(source, site, asked, NOW) == ask(replace(source, tables=tables), site, asked, NOW)


LARGEST = int(AMOUNT_MAX * 100) * 10**6
"""The most kopecks of a million deals."""
kopecks = st.integers(-9, 9) | st.integers(-LARGEST, LARGEST) | st.sampled_from([LARGEST, LARGEST - 1, -LARGEST])


@settings(max_examples=examples(50), deadline=None)
@given(pairs=st.lists(st.tuples(kopecks, kopecks), min_size=1, max_size=12))
@pytest.mark.parametrize("is_descending", [True, False])
def test_quotients_are_compared_exactly(
    mirror: MirrorConnection, pairs: list[tuple[int, int]], *, is_descending: bool
) -> None:
    """A quotient by zero is unknown and comes last."""
    formula, names = Formula(Sum(((WON_AMOUNT, 1),)), Sum(((COST, 1),))), ("over", "under")
    rows = union_all(
        *(
            select(
                *(
                    literal_column(f"{each}::HUGEINT", BigInteger).label(name)
                    for name, each in zip(names, pair, strict=True)
                )
            )
            for pair in pairs
        )
    ).subquery("rows")
    parts = comparable(formula, {WON_AMOUNT: rows.c.over, COST: rows.c.under})
    ordered = select(rows).order_by(*((part.desc() if is_descending else part).nulls_last() for part in parts))
    found = [Fraction(over, under) if under else None for over, under in fetch_rows(mirror, ordered)]
    known = sorted((Fraction(over, under) for over, under in pairs if under), reverse=is_descending)
    assert found == [*known, *(None for _, under in pairs if not under)]
