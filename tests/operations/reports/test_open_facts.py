"""The same questions, put to the database itself and to its column mirror, have the same answers."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from cast import Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.reports.ask import ask, stored_facts
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.database.planner_settings import WORK_MEMORY_MIB, prepare_large_reads
from dealtrace.storage.reports.mirror.facts import MirrorFacts
from dealtrace.storage.reports.stored_facts import StoredFacts
from engines import CopySqlite
from examples import examples
from mirrored import DAY, FIELDS, NOON, Scene
from postgresql import PostgresqlServer

NAMES = [*DIMENSIONS, *(f"field:{name}" for name in FIELDS if ":" not in name)]
NOW = NOON + timedelta(days=2)


@pytest.fixture(scope="module")
def scene(copy_sqlite: CopySqlite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Give a site with facts of every kind in a SQLite database."""
    file = tmp_path_factory.mktemp("asked") / "dealtrace.db"
    database = open_database(copy_sqlite(file))
    yield Scene(Stage(database))
    database.close()


@st.composite
def questions(draw: st.DrawFn) -> RawQuestion:
    filters = draw(
        st.lists(
            st.tuples(
                st.sampled_from(NAMES), st.sampled_from(["empty", "filled", "contains:o", "contains:не", "contains:Y"])
            ),
            max_size=2,
        )
    )
    return RawQuestion(
        by=",".join(draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True))),
        metrics=",".join(draw(st.lists(st.sampled_from(list(METRICS)), min_size=1, max_size=5, unique=True))),
        first=str(DAY - timedelta(days=draw(st.integers(0, 9)))),
        last=str(DAY + timedelta(days=1)),
        model=str(draw(st.integers(0, 6))),
        date_of=draw(st.sampled_from(["deal", "lead", "changed"])),
        compare=draw(st.sampled_from(["", "previous", "year", "weekdays"])),
        filters=tuple(":".join(parts) for parts in filters),
    )


@settings(max_examples=examples(60), deadline=None)
@given(words=questions())
def test_any_question_has_one_answer(scene: Scene, words: RawQuestion) -> None:
    site, database = scene.shop.site, scene.stage.database
    question = parse_question(words, QuestionContext(DAY, AttributionModel(site.attribution), FIELDS))
    with database.read() as connection:
        stored = ask(stored_facts(connection, site), site, question, NOW)
    with open_facts(database, site) as source:
        assert isinstance(source.tables, MirrorFacts)
        assert ask(source, site, question, NOW) == stored


def test_other_engines_answer_by_themselves(database: Database) -> None:
    shop = Stage(database).open_site()
    with open_facts(database, shop.site) as source:
        assert isinstance(source.tables, MirrorFacts if database.is_sqlite else StoredFacts)


_IN_FORCE = select(
    *(func.current_setting(name) for name in ("jit", "plan_cache_mode", "parallel_tuple_cost", "random_page_cost")),
    func.pg_size_bytes(func.current_setting("work_mem")),
)


def test_reports_are_read_from_postgresql_in_memory_and_in_parallel(postgresql_server: PostgresqlServer) -> None:
    url = postgresql_server.create("large_reads")
    for server_mib, expected_mib in ((4, WORK_MEMORY_MIB), (2 * WORK_MEMORY_MIB, 2 * WORK_MEMORY_MIB)):
        database = open_database(f"{url}&options=-c%20work_mem%3D{server_mib}MB")
        with database.read() as connection:
            prepare_large_reads(connection)
            *plan, memory = connection.execute(_IN_FORCE).one()
        assert plan == ["off", "force_custom_plan", "0.03", "1.1"]
        assert memory == expected_mib * 2**20
        with database.read() as connection:
            assert connection.execute(_IN_FORCE).one()[-1] == server_mib * 2**20
        database.close()
