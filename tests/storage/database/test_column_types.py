"""Column types mean the same on both engines: what goes in comes out, in the same order."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    column,
    func,
    insert,
    select,
)

from dealtrace.storage.database.column_types import (
    Day,
    Instant,
    JsonText,
    Rubles,
    each_json,
    instant,
    is_among,
    microseconds,
)

MICROSECOND = timedelta(microseconds=1)
drawer = Table(
    "drawer",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", Instant),
    Column("day_on", Day),
    Column("rubles", Rubles),
    Column("json", JsonText),
    Column("text", Text),
    Column("number", BigInteger),
)


@pytest.fixture
def connection(connection: Connection) -> Connection:
    drawer.create(connection)
    return connection


def through(connection: Connection, name: str, *values: Any) -> list[Any]:
    """Put values into a column and read them back."""
    connection.execute(insert(drawer), [{"id": number, name: value} for number, value in enumerate(values)])
    return list(connection.execute(select(drawer.c[name]).order_by(drawer.c.id)).scalars())


def test_it_keeps_instants_to_the_microsecond(connection: Connection) -> None:
    instants = [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2018, 3, 26, 12, tzinfo=ZoneInfo("Europe/Moscow")),
        None,
    ]
    read = through(connection, "at", *instants)
    assert read == instants
    assert all(item.tzinfo is UTC for item in read if item is not None)


def test_it_sorts_instants_and_compares_them_with_parameters(connection: Connection) -> None:
    noon = datetime(2018, 3, 26, 9, tzinfo=UTC)
    through(connection, "at", noon, noon - MICROSECOND, noon + MICROSECOND)
    assert list(connection.execute(select(drawer.c.id).order_by(drawer.c.at)).scalars()) == [1, 0, 2]
    assert connection.execute(select(drawer.c.id).where(drawer.c.at > noon)).scalars().all() == [2]
    assert connection.execute(select(func.max(drawer.c.at))).scalar_one() == noon + MICROSECOND


def test_it_refuses_an_instant_of_no_zone() -> None:
    with pytest.raises(TypeError):
        microseconds(datetime(2018, 3, 26, 12))  # noqa: DTZ001 - it is what is refused


@pytest.mark.parametrize("stored", [0, -1, 1, 1_522_054_800_000_000, -62_135_596_800_000_000])
def test_it_turns_microseconds_back_into_the_instant(stored: int) -> None:
    assert microseconds(instant(stored)) == stored


def test_it_keeps_days(connection: Connection) -> None:
    days = [date(1, 1, 1), date(2016, 2, 29), date(9999, 12, 31), None]
    assert through(connection, "day_on", *days) == days
    assert connection.execute(select(func.min(drawer.c.day_on))).scalar_one() == date(1, 1, 1)


def test_it_keeps_sums_exact_with_four_decimals(connection: Connection) -> None:
    sums = [Decimal(0), Decimal("0.0001"), Decimal("-0.0001"), Decimal("1000.5"), 9 * Decimal(10) ** 14, None]
    read = through(connection, "rubles", *sums)
    assert read == sums
    assert [str(item) for item in read[:4]] == ["0.0000", "0.0001", "-0.0001", "1000.5000"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("0.00005", "0.0001"), ("0.00004999", "0"), ("-0.00005", "-0.0001"), ("1.23455", "1.2346"), ("0.1", "0.1")],
)
def test_it_rounds_half_away_from_zero_to_four_decimals(connection: Connection, sent: str, kept: str) -> None:
    assert through(connection, "rubles", Decimal(sent)) == [Decimal(kept)]


def test_it_sums_money_exactly_on_the_engine(connection: Connection) -> None:
    through(connection, "rubles", *[Decimal("0.1")] * 10, -2 * Decimal(10) ** 14)
    assert Decimal(connection.execute(select(func.sum(drawer.c.rubles))).scalar_one()) == 1 - 2 * Decimal(10) ** 14


def test_it_keeps_structures_as_json(connection: Connection) -> None:
    values = [{}, [], {"ё": ["'", '"', "\\", None, True, 1.5, 2**53]}, "text", 0, False, None]
    assert through(connection, "json", *values) == values


def test_it_writes_json_that_people_can_read(connection: Connection) -> None:
    through(connection, "json", {"имя": "Иван", "at": datetime(2018, 3, 26, 9, tzinfo=UTC), "sum": Decimal("1.50")})
    stored = connection.exec_driver_sql("SELECT json FROM drawer").scalar_one()
    assert stored == '{"имя":"Иван","at":"2018-03-26T09:00:00Z","sum":"1.50"}'


@pytest.mark.parametrize(
    ("name", "kept", "wanted", "found"),
    [
        ("text", ["a", "1", "ё", "", "{a}", "a,b", "NULL"], ["1", "ё", "", "a,b", "?"], [1, 2, 3, 5]),
        ("text", ["a"], [], []),
        ("number", [1, 2, 2**62, -5], [2**62, -5, 7], [2, 3]),
        ("text", [str(item) for item in range(3000)], [str(item) for item in range(3000)], list(range(3000))),
    ],
    ids=["texts", "none", "numbers", "many"],
)
def test_it_looks_for_any_of_a_list(
    connection: Connection, name: str, kept: list[Any], wanted: list[Any], found: list[int]
) -> None:
    through(connection, name, *kept)
    query = select(drawer.c.id).where(is_among(drawer.c[name], "wanted")).order_by(drawer.c.id)
    assert connection.execute(query, {"wanted": wanted}).scalars().all() == found


def test_it_takes_a_list_of_lists_for_rows(connection: Connection) -> None:
    sent = each_json(bindparam("asked", type_=Text)).table_valued(column("value", JSON))
    query = select(sent.c.value[0].as_string(), sent.c.value[1].as_string())
    rows = connection.execute(query, {"asked": '[["ё\\"\'", "1"], ["", "2"]]'}).all()
    assert [tuple(row) for row in rows] == [("ё\"'", "1"), ("", "2")]
