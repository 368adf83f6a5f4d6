"""Transactions of PostgreSQL lock rows in one order, so that two of them that want the same rows do not deadlock."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Table, event, select, update

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.alerts.rule import AlertKind, Rule
from dealtrace.alerts.windows import WINDOWS
from dealtrace.deals.deal import Deal
from dealtrace.leads.annotations import Addition
from dealtrace.leads.call import Circumstances
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.missed_calls import RingBack
from dealtrace.mails.recipient import Recipient
from dealtrace.mails.scheduled_report import Rhythm
from dealtrace.matching.lead_search import SearchById
from dealtrace.operations.accounts.manage_user import delete_user
from dealtrace.operations.accounts.share_report import NewLink, share_report
from dealtrace.operations.alerts.manage import add_alert
from dealtrace.operations.alerts.watch import claim_alert
from dealtrace.operations.deals.delete import delete_deal, restore_deal
from dealtrace.operations.deals.pin import pin_deal, unpin_deal
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.annotate import AnnotationCall, LeadAnnotation, annotate_leads
from dealtrace.operations.leads.change_in_cabinet import AnnotationsRewrite, rewrite_annotations
from dealtrace.operations.leads.mark_missed_calls import RingBackMark, mark_missed_calls
from dealtrace.operations.leads.undo import AnnotationsUndo, undo_annotations
from dealtrace.operations.mails.scheduled_reports import NewScheduledReport, schedule_report, send_due_reports
from dealtrace.operations.reports.manage_columns import add_column, change_column
from dealtrace.operations.reports.manage_segments import add_segment, rename_segment
from dealtrace.operations.reports.save_report import save_report
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.reports.column_definitions import ColumnKind, ReportColumn
from dealtrace.reports.question import RawQuestion
from dealtrace.reports.saved_items.names import SavedName
from dealtrace.storage.accounts.deleted_sites import delete_site
from dealtrace.storage.schema.lock_order import LOCK_ORDER
from dealtrace.storage.schema.tables.alerts import alert, mail_report
from dealtrace.storage.schema.tables.control import user
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.leads import call
from dealtrace.storage.schema.tables.reports import saved_report, segment
from guests import new_user
from stored import is_waiting_for_a_lock
from waiting import wait_until
from write_commands import NOON, registration

pytestmark = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
COLUMN, RENAMED = (ReportColumn(name, ColumnKind.COUNT, ("won",)) for name in ("Won", "Bought"))
QUESTION = RawQuestion(by="source", metrics="deals,column:Won", segment="mine")
QUERY = "by=source&metrics=deals%2Ccolumn%3AWon&segment=mine"
ANNA = Recipient("a@example.org")
LATER = NOON + timedelta(days=2)
LOCKING = re.compile(
    r"(?:UPDATE|DELETE FROM|INSERT INTO(?=.*ON CONFLICT.* DO UPDATE)|SELECT.*? FROM(?=.*FOR UPDATE)) \"?(\w+)",
    re.DOTALL,
)
"""A statement that locks rows which exist already, and the table that it locks them in."""


@pytest.fixture
def login(stage: Stage, shop: Player) -> str:
    """Give a site everything that names a column or a segment, and a user who has saved some of it."""
    analyst = new_user(stage.database, {shop.site.id: Role.ANALYST})
    new_user(stage.database)
    stage.ids.ensure(9)
    rule = Rule(AlertKind.DROP, "column:Won", WINDOWS["day"], Decimal(30), (), (ANNA,))
    with stage.database.write() as connection:
        site = shop.site
        add_column(stage.work(connection, shop, NOON), COLUMN)
        for user_id in (None, analyst.id):
            add_segment(account_work(connection, NOON).at(site), SavedName("mine", user_id), ["source:is:yandex"])
            save_report(
                account_work(connection, NOON, user_id=analyst.id).at(site),
                SavedName("a", user_id),
                QUERY,
                overwrites=False,
            )
        share_report(account_work(connection, NOON, user_id=analyst.id).at(site), NewLink("a", QUERY, 7))
        report = NewScheduledReport("a", QUESTION, Rhythm.DAILY, 9, (ANNA,))
        schedule_report(account_work(connection, NOON, stage.ids).at(site), report)
        add_alert(account_work(connection, NOON, stage.ids).at(site), rule)
    return analyst.login


Act = Callable[[Connection, Stage, Player, str], object]


def rename_a_column(connection: Connection, stage: Stage, shop: Player, _login: str) -> None:
    change_column(stage.work(connection, shop, NOON), COLUMN.name, RENAMED)


def rename_the_segment(connection: Connection, _stage: Stage, shop: Player, _login: str) -> None:
    assert rename_segment(account_work(connection, NOON).at(shop.site), SavedName("mine"), "ours")


def rename_a_segment_of_a_user(connection: Connection, _stage: Stage, shop: Player, login: str) -> None:
    user_id = connection.execute(select(user.c.id).where(user.c.login == login)).scalar_one()
    assert rename_segment(account_work(connection, NOON).at(shop.site), SavedName("mine", user_id), "ours")


def delete_the_user(connection: Connection, _stage: Stage, _shop: Player, login: str) -> None:
    delete_user(account_work(connection, NOON), login)


def delete_the_site(connection: Connection, _stage: Stage, shop: Player, _login: str) -> None:
    connection.execute(report_columns_of(shop))
    delete_site(connection, shop.site.id, NOON)


def report_columns_of(shop: Player) -> Any:
    """Return a statement that locks the columns of a site, as all that is deleted before the site is."""
    table = LOCK_ORDER[1]
    return select(table).where(table.c.site_id == shop.site.id).with_for_update()


def send_and_register(connection: Connection, stage: Stage, shop: Player, _login: str) -> None:
    """Do what a batch of the write queue does: send what is due, and register a deal."""
    work = stage.work(connection, shop, LATER)
    assert send_due_reports(work, [WriteCommand(None)]) == [1]
    register_deals(work, [WriteCommand(registration("1"), shop.token_id)])


def claim_and_register(connection: Connection, stage: Stage, shop: Player, _login: str) -> None:
    """Do what a batch of the write queue does: claim what is due, and register a deal."""
    work = stage.work(connection, shop, LATER)
    (claimed,) = claim_alert(work, [WriteCommand(None)])
    assert claimed is not None
    register_deals(work, [WriteCommand(registration("1"), shop.token_id)])


ACTS: list[Act] = [
    rename_a_column,
    rename_the_segment,
    rename_a_segment_of_a_user,
    delete_the_user,
    delete_the_site,
    send_and_register,
    claim_and_register,
]


@contextmanager
def locked_tables(connection: Connection) -> Iterator[list[str]]:
    """Yield a list of the tables whose rows the statements in the block lock, each at its first statement."""
    tables: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found = LOCKING.match(statement.strip())
        if found is not None and found[1] not in tables:
            tables.append(found[1])

    event.listen(connection, "before_cursor_execute", note)
    yield tables


@pytest.mark.parametrize("act", ACTS)
def test_statements_lock_tables_in_the_order(stage: Stage, shop: Player, login: str, act: Act) -> None:
    stage.ids.ensure(100)
    order = [table.name for table in LOCK_ORDER]
    with stage.database.write() as connection, locked_tables(connection) as tables:
        act(connection, stage, shop, login)
    named = [table for table in tables if table in order]
    assert named, tables
    assert named == sorted(named, key=order.index)


def lock_the_points(connection: Connection, stage: Stage, shop: Player) -> None:
    lock_registrations(stage.work(connection, shop, LATER))


def lock_segments(connection: Connection, _stage: Stage, shop: Player) -> None:
    connection.execute(select(segment).where(segment.c.site_id == shop.site.id).with_for_update())


@pytest.mark.parametrize(
    ("lock_first", "waiting", "wanted", "act"),
    [
        (lock_segments, delete_the_user, saved_report, rename_a_segment_of_a_user),
        (lock_the_points, send_and_register, mail_report, rename_a_column),
        (lock_the_points, claim_and_register, alert, rename_a_column),
    ],
)
def test_two_transactions_that_want_the_same_rows_both_end(
    stage: Stage,
    shop: Player,
    login: str,
    lock_first: Callable[[Connection, Stage, Player], None],
    waiting: Act,
    wanted: Table,
    act: Act,
) -> None:
    stage.ids.ensure(100)
    faults: list[Exception] = []

    def wait() -> None:
        try:
            with stage.database.write() as other:
                waiting(other, stage, shop, login)
        except Exception as fault:  # noqa: BLE001 - it is what the test is about
            faults.append(fault)

    thread = Thread(target=wait)
    with stage.database.write() as connection:
        lock_first(connection, stage, shop)
        thread.start()
        wait_until(lambda: is_waiting_for_a_lock(stage.database))
        free = select(wanted).where(wanted.c.site_id == shop.site.id).with_for_update(nowait=True)
        assert connection.execute(free).all(), "whoever waits holds no row that comes later"
        act(connection, stage, shop, login)
    thread.join()
    assert not faults


def delete_and_restore(work: Work, deal_id: int) -> Deal:
    delete_deal(work, deal_id)
    return restore_deal(work, deal_id)


def pin_to_no_lead(work: Work, deal_id: int) -> Deal:
    return pin_deal(work, deal_id, None)


BY_HAND: dict[str, tuple[Callable[[Work, int], Deal], Callable[[Work, int], Deal]]] = {
    "pin": (delete_and_restore, pin_to_no_lead),
    "unpin": (pin_to_no_lead, unpin_deal),
    "restore": (delete_deal, restore_deal),
}
"""What a person did to a deal, and what they do to it next."""


@pytest.mark.parametrize("name", BY_HAND)
def test_whoever_changes_a_deal_by_hand_waits_for_registrations_before_it_reads_the_deal(
    stage: Stage, shop: Player, name: str
) -> None:
    (receipt,) = stage.perform(register_deals, shop, registration("by hand"))
    first, then = BY_HAND[name]
    with stage.database.write() as connection:
        version = first(stage.work(connection, shop), receipt.deal_id).version
    changed: list[Deal] = []

    def change() -> None:
        with stage.database.write() as other:
            changed.append(then(stage.work(other, shop), receipt.deal_id))

    thread = Thread(target=change)
    with stage.database.write() as connection:
        lock_registrations(stage.work(connection, shop))
        thread.start()
        wait_until(lambda: is_waiting_for_a_lock(stage.database))
        connection.execute(update(deal).where(deal.c.site_id == shop.site.id).values(version=version + 1))
    thread.join()
    assert [each.version for each in changed] == [version + 2]


ANNOTATING: dict[str, Callable[[Stage, Player, LeadRef], object]] = {
    "annotate": lambda stage, shop, ref: stage.perform(
        annotate_leads,
        shop,
        AnnotationCall(PaidMethod.TAG_LEADS, [LeadAnnotation((SearchById(ref),), Addition(("hot",)))]),
    ),
    "rewrite": lambda stage, shop, ref: stage.perform(
        rewrite_annotations, shop, AnnotationsRewrite(ref, ("hot",), "", "")
    ),
    "undo": lambda stage, shop, ref: stage.perform(undo_annotations, shop, AnnotationsUndo(ref, 2)),
    "return a missed call": lambda stage, shop, ref: stage.perform(
        mark_missed_calls, shop, RingBackMark(ref.id, RingBack.RETURNED)
    ),
}


@pytest.mark.parametrize("name", ANNOTATING)
def test_whoever_annotates_leads_waits_for_registrations_before_it_locks_a_lead(
    stage: Stage, shop: Player, name: str
) -> None:
    ref = LeadRef(LeadKind.CALL, stage.call(shop, NOON, seconds=0, circumstances=Circumstances(is_successful=False)).id)
    stage.perform(
        rewrite_annotations, shop, AnnotationsRewrite(ref, ("old",), "", ""), AnnotationsRewrite(ref, (), "", "")
    )
    outcomes: list[object] = []
    thread = Thread(target=lambda: outcomes.append(ANNOTATING[name](stage, shop, ref)))
    with stage.database.write() as connection:
        lock_registrations(stage.work(connection, shop))
        thread.start()
        wait_until(lambda: is_waiting_for_a_lock(stage.database))
        free = select(call).where(call.c.site_id == shop.site.id).with_for_update(nowait=True)
        assert connection.execute(free).all(), "whoever waits holds no lead"
    thread.join()
    assert outcomes in ([[ref]], [[[ref]]])
