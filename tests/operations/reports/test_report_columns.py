"""A site's columns are stored as they were described, and what they name exists."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from urllib.parse import unquote_plus, urlencode

import pytest
from sqlalchemy import Connection

from account_work import account_work
from cast import Player, Stage
from dealtrace.alerts.rule import AlertKind, Rule
from dealtrace.alerts.windows import WINDOWS
from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.mails.recipient import Recipient
from dealtrace.mails.scheduled_report import Rhythm
from dealtrace.operations.accounts.share_report import NewLink, share_report
from dealtrace.operations.alerts.manage import add_alert
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.mails.scheduled_reports import NewScheduledReport, change_report, schedule_report
from dealtrace.operations.reports import manage_columns as operation
from dealtrace.operations.reports.ask import stored_facts
from dealtrace.operations.reports.column_metrics import try_new_column
from dealtrace.operations.reports.manage_columns import add_column, change_column, remove_column
from dealtrace.operations.reports.manage_segments import add_segment, rename_segment
from dealtrace.operations.reports.read_question import read_question
from dealtrace.operations.reports.save_report import save_report
from dealtrace.reports.column_definitions import ColumnKind, ReportColumn
from dealtrace.reports.column_formulas import parse_formula
from dealtrace.reports.question import RawQuestion
from dealtrace.reports.saved_items.names import SavedName
from dealtrace.storage.accounts.change_history import list_site_changes
from dealtrace.storage.accounts.revision import find_revision
from dealtrace.storage.accounts.shared_links import list_shared_links
from dealtrace.storage.alerts.alerts import list_alerts
from dealtrace.storage.mails.scheduled_reports import list_scheduled_reports
from dealtrace.storage.reports.column_definitions import list_columns
from dealtrace.storage.reports.saved_items.saved_reports import list_reports_of_all
from plans import statements_on
from stored import side_by_side
from write_commands import NOON, registration

NEW = ReportColumn("Новые", ColumnKind.COUNT, ("new", "a,b"))
MONEY = ReportColumn("money", ColumnKind.SUM, ("work",))
SHARE = ReportColumn("share", ColumnKind.FORMULA, formula=parse_formula('-("Новые" + 0.10) / won - column:money'))


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


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
        ("Новые", "Новые (count): new, a\\,b", "Первые 1-2 (sum): a\\,b, third"),
    }


def test_whatever_names_a_column_gets_its_new_name(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    for player in (shop, neighbour):
        add(stage, player, NEW, MONEY)
    words = RawQuestion(by="source", metrics="deals,column:Новые,column:money", sort="-change:column:Новые")
    query = urlencode({"by": "source", "metrics": words.metrics, "sort": words.sort, "chart": "column:Новые"})
    stage.ids.ensure(9)
    rule = Rule(AlertKind.DROP, "column:Новые", WINDOWS["day"], Decimal(30), (), (Recipient("a@example.org"),))
    with stage.database.write() as connection:
        for player in (shop, neighbour):
            site = player.site
            for user_id in (None, 7):
                save_report(
                    account_work(connection, NOON, user_id=7).at(site), SavedName("a", user_id), query, overwrites=False
                )
            share_report(account_work(connection, NOON, user_id=7).at(site), NewLink("a", query, 7))
            schedule_report(
                account_work(connection, NOON, stage.ids).at(site),
                NewScheduledReport("a", words, Rhythm.DAILY, 9, rule.recipients),
            )
            add_alert(account_work(connection, NOON, stage.ids).at(site), rule)
    change(stage, shop, "Новые", ReportColumn("Первые 1-2", ColumnKind.SUM, ("a,b",)))

    def named(player: Player) -> set[str]:
        site_id = player.site.id
        with stage.database.read() as connection:
            queries = [
                *(each.query for each in list_reports_of_all(connection, site_id)),
                *(each.query for each in list_shared_links(connection, site_id)),
            ]
            words = [each.raw_question for each in list_scheduled_reports(connection, site_id)]
            metrics = [each.rule.metric for each in list_alerts(connection, site_id)]
        assert (len(queries), len(words), len(metrics)) == (3, 1, 1)
        mailed = [urlencode({"by": each.by, "metrics": each.metrics, "sort": each.sort}) for each in words]
        return {*map(unquote_plus, [*queries, *mailed]), *metrics}

    whole = "by=source&metrics=deals,column:{0},column:money&sort=-change:column:{0}"
    for player, name in ((shop, "Первые 1-2"), (neighbour, "Новые")):
        texts = (whole, f"{whole}&chart=column:{{0}}", "column:{0}")
        assert named(player) == {text.format(name) for text in texts}


def test_a_report_that_another_server_saves_while_a_column_is_renamed_is_kept(stage: Stage, shop: Player) -> None:
    add(stage, shop, NEW)
    stage.ids.ensure(9)
    site, first_words, words = shop.site, "by=source&metrics=column:Новые", "by=medium&metrics=column:Новые,deals"
    question = RawQuestion(by="source", metrics="column:Новые")
    mailed = NewScheduledReport("a", question, Rhythm.DAILY, 9, (Recipient("a@example.org"),))
    with stage.database.write() as connection:
        save_report(
            account_work(connection, NOON, user_id=7).at(site), SavedName("a", None), first_words, overwrites=False
        )
        scheduled = schedule_report(account_work(connection, NOON, stage.ids).at(site), mailed)

    def save(connection: Connection) -> None:
        save_report(account_work(connection, NOON, user_id=8).at(site), SavedName("a", None), words, overwrites=True)
        later = replace(mailed, title="b", raw_question=replace(question, by="medium"))
        assert change_report(account_work(connection, NOON, user_id=8).at(site), scheduled.id, later)

    def rename(connection: Connection) -> None:
        change_column(stage.work(connection, shop), "Новые", replace(NEW, name="Первые"))

    side_by_side(stage.database, save, rename)
    with stage.database.read() as connection:
        (kept,), (sent,) = list_reports_of_all(connection, site.id), list_scheduled_reports(connection, site.id)
    assert unquote_plus(kept.query) == "by=medium&metrics=column:Первые,deals"
    assert (sent.title, sent.raw_question.by, sent.raw_question.metrics) == ("b", "medium", "column:Первые")


def test_a_report_that_another_server_saves_while_a_segment_is_renamed_is_kept(stage: Stage, shop: Player) -> None:
    site, named = shop.site, SavedName("Ads", None)
    with stage.database.write() as connection:
        add_segment(account_work(connection, NOON).at(site), named, ["medium:is:cpc"])
        save_report(
            account_work(connection, NOON, user_id=7).at(site),
            SavedName("a", None),
            "by=source&segment=Ads",
            overwrites=False,
        )

    def save(connection: Connection) -> None:
        save_report(
            account_work(connection, NOON, user_id=8).at(site),
            SavedName("a", None),
            "by=medium&segment=Ads",
            overwrites=True,
        )

    def rename(connection: Connection) -> None:
        assert rename_segment(account_work(connection, NOON).at(site), named, "Paid")

    side_by_side(stage.database, save, rename)
    with stage.database.read() as connection:
        (kept,) = list_reports_of_all(connection, site.id)
    assert kept.query == "by=medium&segment=Paid"


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
        facts, columns = stored_facts(connection, shop.site), list_columns(connection, shop.site.id)
        shown = [try_new_column(facts, shop.site, column.name, columns, NOON) for column in (NEW, MONEY, SHARE)]
    assert [(metric.name, total) for metric, total in shown] == [
        (f"column:{column.name}", total) for column, total in ((NEW, 2), (MONEY, 7), (SHARE, None))
    ]


def test_a_question_of_a_site_with_columns_is_parsed_without_reading_its_deals(stage: Stage, shop: Player) -> None:
    add(stage, shop, ReportColumn("return", ColumnKind.FORMULA, formula=parse_formula("romi + roas")))
    words = RawQuestion(metrics="column:return,romi")
    with statements_on(stage.database.reader) as sent, stage.database.read() as connection:
        question = read_question(connection, shop.site, words, NOON)
    assert [metric.name for metric in question.metrics] == ["column:return", "romi"]
    assert not [text for text, _ in sent if re.search(r"\b(deal|deal_status)\b", text)]
