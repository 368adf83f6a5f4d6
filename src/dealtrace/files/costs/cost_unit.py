"""Decide whether the costs of a file are in units of its currency, such as rubles, or in millionths of them."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from dealtrace.attribution.cost import KOPECKS_PER_RUBLE
from dealtrace.files.costs.cells import MICROS, Money
from dealtrace.files.costs.headings import CostHeadings
from dealtrace.files.unreadable import Cure, CureKind, unreadable

KOPECK_IN_MICROS = MICROS // KOPECKS_PER_RUBLE
_API_CAMPAIGNS = frozenset({"CampaignId", "CampaignName"})
_API_COST = "Cost"


class CostUnit(StrEnum):
    """The unit of the cost column: the currency, millionths of it, or `AUTO` to detect the unit from the numbers."""

    AUTO = "auto"
    MONEY = "money"
    MICROS = "micros"


@dataclass
class AmountSizes:
    """The properties that all nonzero amounts of a file share; they may reveal the unit of the amounts."""

    are_whole: bool = True
    are_kopecks_in_micros: bool = True
    least: Decimal | None = None

    def note(self, money: Money) -> None:
        """Include one more amount of the file."""
        if money.amount:
            self.are_whole = self.are_whole and money.written.is_whole
            self.are_kopecks_in_micros = self.are_kopecks_in_micros and not money.amount % KOPECK_IN_MICROS
            self.least = money.amount if self.least is None else min(self.least, money.amount)


def find_cost_unit(path: Path, headings: CostHeadings, sizes: AmountSizes, stated: CostUnit) -> CostUnit:
    """Return the unit of the cost column.

    Ours: reports of the Yandex Direct API do not name their unit, so it is found from their numbers. The numbers are
    rubles if any of them has decimals or is below 10,000, which is a kopeck in millionths of a ruble. Otherwise they
    are millionths if all are multiples of 10,000. In all other cases the unit is uncertain, and the file is refused.
    """
    if stated is not CostUnit.AUTO:
        return stated
    names = {found.heading for found in headings.layout.found_columns}
    is_of_api = _API_COST in names and bool(_API_CAMPAIGNS & names)
    if not is_of_api or not sizes.are_whole or sizes.least is None or sizes.least < KOPECK_IN_MICROS:
        return CostUnit.MONEY
    if sizes.are_kopecks_in_micros:
        return CostUnit.MICROS
    raise unreadable(
        path,
        f"столбец «{_API_COST}»: неясно, рубли это или микрорубли",
        f"column “{_API_COST}”: unclear whether these are rubles or millionths of a ruble",
        Cure(CureKind.UNIT),
    )
