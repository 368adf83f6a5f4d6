"""Sums of any size are exact on every engine, and so are kopecks."""

from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, column, literal, select, union_all

from cast import Stage
from dealtrace.deals.amount import AMOUNT_MAX, STEPS_PER_RUBLE
from dealtrace.storage.deals.worth import kopecks
from dealtrace.storage.reports.sql_functions import total_of

LARGEST = 2**63 - 1
numbers = st.integers(-LARGEST, LARGEST) | st.sampled_from([LARGEST, -LARGEST, 0, 999_999_999, -1_000_000_001])
amounts = st.decimals(-AMOUNT_MAX, AMOUNT_MAX, places=4)


@settings(max_examples=50)
@given(added=st.lists(numbers, max_size=20))
def test_a_sum_may_exceed_what_an_engine_counts_by(shared_stage: Stage, added: list[int]) -> None:
    rows = union_all(
        *(select(literal(number, BigInteger).label("number")) for number in added),
        select(literal(0, BigInteger).label("number")),
    ).subquery()
    with shared_stage.database.read() as connection:
        assert connection.execute(select(total_of(rows.c.number))).scalar_one() == sum(added)
        none = select(total_of(rows.c.number)).where(column("number") > LARGEST)
        assert connection.execute(none).scalar_one() == 0


@settings(max_examples=50)
@given(sums=st.lists(amounts | st.sampled_from([Decimal("0.005"), Decimal("-0.0050"), -AMOUNT_MAX]), min_size=1))
def test_kopecks_are_rounded_half_up_as_python_does(shared_stage: Stage, sums: list[Decimal]) -> None:
    expressions = [kopecks(literal(int(amount * STEPS_PER_RUBLE), BigInteger)) for amount in sums]
    with shared_stage.database.read() as connection:
        found = [connection.execute(select(expression)).scalar_one() for expression in expressions]
    assert found == [int((amount * 100).to_integral_value(ROUND_HALF_UP)) for amount in sums]
