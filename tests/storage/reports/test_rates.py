"""The worth of other currencies in SQL, beside the rule in Python."""

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, bindparam, select

from dealtrace.deals.currency import KOPECKS_MAX, RATE_RUB_MAX, RATE_STEPS, kopecks_at
from dealtrace.storage.database.engine import Database
from dealtrace.storage.reports import rates

_WORTH = select(rates.kopecks_at(bindparam("amount", type_=BigInteger), bindparam("rate", type_=BigInteger)))


def test_the_worth_of_a_sum_is_that_of_the_rule(database: Database) -> None:
    @settings(max_examples=60, deadline=None)
    @given(
        amount=st.integers(-KOPECKS_MAX // 100, KOPECKS_MAX // 100) | st.integers(-(10**9), 10**9),
        rate=st.integers(1, RATE_RUB_MAX * RATE_STEPS),
    )
    def agree(amount: int, rate: int) -> None:
        with database.read() as connection:
            worth = connection.execute(_WORTH, {"amount": amount, "rate": rate}).scalar_one()
        assert worth == kopecks_at(amount, rate)

    agree()
