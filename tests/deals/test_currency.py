"""Currencies of deals."""

import pytest

from dealtrace.deals.currency import KOPECKS_MAX, currency_of, kopecks_at


@pytest.mark.parametrize(
    ("text", "currency"),
    [("RUB", "rub"), ("руб.", "rub"), ("₽", "rub"), (" USD ", "usd"), ("", None), (None, None), ("  ", None)]
    + [(text, "rub") for text in ("\u200eRUB\u00a0", "ＲＵＢ", "Рубли", "р.", "643", "٦٤٣", "810")]
    + [("\u200bUSD", "usd"), ("ＵＳＤ", "usd"), ("\u200b", None), ("€", "€")],
)
def test_a_currency_has_one_name(text: str | None, currency: str | None) -> None:
    assert currency_of(text) == currency


@pytest.mark.parametrize(
    ("amount", "rate", "kopecks"),
    [
        (100, 92_500_000, 9250),
        (1, 500_000, 1),
        (1, 499_999, 0),
        (-1, 500_000, -1),
        (0, 92_500_000, 0),
        (KOPECKS_MAX // 2_000_000, 1_000_000, KOPECKS_MAX // 2_000_000),
        (KOPECKS_MAX // 2_000_000 + 1, 1_000_000, None),
    ],
)
def test_its_worth_is_rounded_half_up_or_unknown(amount: int, rate: int, kopecks: int | None) -> None:
    assert kopecks_at(amount, rate) == kopecks
