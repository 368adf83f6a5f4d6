"""A site's columns are stored as they were described, and what they name exists."""

from datetime import timedelta
from decimal import Decimal

import pytest

from cast import Player, Stage
from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports import columns as operation
from dealtrace.operations.reports.column_metrics import try_column
from dealtrace.operations.reports.columns import add_column, change_column, remove_column
from dealtrace.reports.columns import ColumnKind, ReportColumn
from dealtrace.reports.formulas import parse_formula
from dealtrace.storage.accounts.revision import find_revision
from dealtrace.storage.accounts.site_changes import list_site_changes
from dealtrace.storage.reports.columns import list_columns
from write_commands import NOON, registration

NEW = ReportColumn("Новые", ColumnKind.COUNT, ("new", "a,b"))
MONEY = ReportColumn("money", ColumnKind.SUM, ("work",))
SHARE = ReportColumn("share", ColumnKind.FORMULA, formula=parse_formula('-("Новые" + 0.10) / won - column:money'))


def add(stage: Stage, player: Player, *columns: ReportColumn) -> None:
    for column in columns:
        with stage.database.write() as connection:
            add_column(stage.work(connection, player), column)


def stored(stage: Stage, player: Player) -> list[ReportColumn]:
    with stage.database.read() as connection:
        return list_columns(connection, player.site.id)


def test_columns_are_listed_as_they_were_added(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    with stage.database.read() as connection:
        before = find_revision(connection)
    add(stage, shop, NEW, MONEY, SHARE)
    add(stage, neighbour, MONEY)
    assert stored(stage, shop) == [NEW, MONEY, SHARE]
    assert stored(stage, neighbour) == [MONEY]
    with stage.database.write() as connection:
        assert find_revision(connection) == before + 4
        remove_column(stage.work(connection, shop), "share")
        remove_column(stage.work(connection, shop), "money")
    assert stored(stage, shop) == [NEW]
    assert stored(stage, neighbour) == [MONEY]


def change(stage: Stage, player: Player, name: str, column: ReportColumn) -> None:
    with stage.database.write() as connection:
        change_column(stage.work(connection, player), name, column)


def test_a_changed_column_keeps_its_place_and_formulas_get_its_new_name(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    add(stage, shop, NEW, MONEY, SHARE)
    add(stage, neighbour, NEW)
    changed = ReportColumn("Первые 1-2", ColumnKind.SUM, ("a,b", "third"))
    change(stage, shop, "Новые", changed)
    formula = parse_formula('-("Первые 1-2" + 0.10) / won - column:money')
    assert stored(stage, shop) == [changed, MONEY, ReportColumn("share", ColumnKind.FORMULA, formula=formula)]
    assert stored(stage, neighbour) == [NEW]
    change(stage, shop, "money", ReportColumn("Money", ColumnKind.FORMULA, formula=parse_formula("won_amount / 2")))
    assert [column.name for column in stored(stage, shop)] == ["Первые 1-2", "Money", "share"]
    with stage.database.read() as connection:
        changes = list_site_changes(connection, shop.site.id, most=9)
    assert {(each.name, each.before, each.after) for each in changes if each.before and each.after} == {
        ("money", "money (sum): work", "Money (formula): won_amount/2"),
        ("Новые", "Новые (count): new, a,b", "Первые 1-2 (sum): a,b, third"),
    }


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("none", NEW),
        ("money", ReportColumn("SHARE", ColumnKind.COUNT, ("new",))),
        ("money", ReportColumn("money", ColumnKind.FORMULA, formula=parse_formula("column:share"))),
        ("money", ReportColumn("cash", ColumnKind.FORMULA, formula=parse_formula("column:money"))),
    ],
    ids=["no such column", "its name is taken", "a circle", "its own old name"],
)
def test_a_change_that_cannot_be_is_refused_and_stores_nothing(
    stage: Stage, shop: Player, name: str, column: ReportColumn
) -> None:
    add(stage, shop, NEW, MONEY, SHARE)
    with pytest.raises((InvalidSetting, NameTaken)):
        change(stage, shop, name, column)
    assert stored(stage, shop) == [NEW, MONEY, SHARE]


def test_a_name_that_makes_a_formula_too_long_is_refused(stage: Stage, shop: Player) -> None:
    long = ReportColumn("long", ColumnKind.FORMULA, formula=parse_formula(" + ".join(['"money"'] * 50)))
    add(stage, shop, MONEY, long)
    with pytest.raises(InvalidSetting):
        change(stage, shop, "money", ReportColumn("m" * 60, ColumnKind.SUM, ("work",)))
    assert stored(stage, shop) == [MONEY, long]


@pytest.mark.parametrize("name", ["money", "Money", "MONEY"])
def test_a_name_is_taken_whatever_the_case_of_its_letters(stage: Stage, shop: Player, name: str) -> None:
    add(stage, shop, MONEY)
    with pytest.raises(NameTaken):
        add(stage, shop, ReportColumn(name, ColumnKind.COUNT, ("new",)))


@pytest.mark.parametrize("text", ["wno", "column:share", "column:Money", "leads / column:theirs"])
def test_a_formula_over_what_does_not_exist_is_refused(stage: Stage, shop: Player, text: str) -> None:
    add(stage, stage.open_site(), ReportColumn("theirs", ColumnKind.COUNT, ("new",)))
    add(stage, shop, MONEY)
    with pytest.raises(InvalidSetting):
        add(stage, shop, ReportColumn("share", ColumnKind.FORMULA, formula=parse_formula(text)))
    assert stored(stage, shop) == [MONEY]


def test_a_column_that_a_formula_names_stays(stage: Stage, shop: Player) -> None:
    add(stage, shop, NEW, MONEY, SHARE)
    for name in ("money", "Новые", "no such"):
        with stage.database.write() as connection, pytest.raises(InvalidSetting):
            remove_column(stage.work(connection, shop), name)
    assert stored(stage, shop) == [NEW, MONEY, SHARE]


def test_a_site_has_so_many_columns(stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation, "COLUMNS_MAX", 2)
    add(stage, shop, NEW, MONEY)
    with pytest.raises(InvalidSetting):
        add(stage, shop, SHARE)


def test_the_total_of_a_column_over_the_last_month_is_shown(stage: Stage, shop: Player) -> None:
    sums = [("new", "100.5"), (" NEW", "20"), ("work", "7")]
    made = [
        registration(f"{place}", status=status, amount_rub=Decimal(amount), happened_at=NOON - timedelta(days=40))
        for place, (status, amount) in enumerate(sums)
    ]
    stage.perform(register_deals, shop, *made)
    add(stage, shop, NEW, MONEY, SHARE)
    with stage.database.write() as connection:
        work = stage.work(connection, shop, NOON)
        shown = [try_column(work, column) for column in (NEW, MONEY, SHARE)]
    assert shown == ["2", "7.00", "–"]
