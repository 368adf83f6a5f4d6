"""Rules that servers look at: each event is sent once, whatever starts again and however many processes there are."""

from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from account_work import account_work
from cast import Player, Stage, zone_at_noon
from dealtrace import clock
from dealtrace.accounts.site_days import day_start, site_day
from dealtrace.accounts.webhook import BodyStyle, EventKind
from dealtrace.alerts.incident import Incident
from dealtrace.alerts.rule import Alert, RawRule, parse_rule
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.mails.mail import Mail, MailPurpose
from dealtrace.mails.recipient import Recipient
from dealtrace.operations.alerts import manage
from dealtrace.operations.alerts.watch import LEASE
from dealtrace.operations.deals.import_deals import import_deals
from dealtrace.operations.reports.read_question import read_question_context
from dealtrace.operations.webhooks.create import NewWebhook, create_webhook
from dealtrace.runtime.database_watch import DatabaseWatch
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.report_pool import ReportPool
from dealtrace.storage.alerts.alerts import list_alerts
from dealtrace.storage.alerts.incidents import list_incidents
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.mails.outbox import list_mails
from dealtrace.storage.schema.tables.alerts import alert as alert_table
from dealtrace.storage.schema.tables.webhooks import webhook_outbox
from dealtrace.worker.alerts import RETRY_AFTER, Alerts
from engines import CopySqlite
from metric_values import metric_value
from waiting import until
from write_commands import open_write_queue, run

ANNA = Recipient("anna@example.com", "ru")


@pytest.fixture
def stage(copy_sqlite: CopySqlite, tmp_path: Path) -> Iterator[Stage]:
    """Give a stage on SQLite: what is claimed and stored is tried on both engines beside the operations."""
    file = tmp_path / "dealtrace.db"
    database = open_database(copy_sqlite(file), mirror_memory_mib=0)
    yield Stage(database)
    database.close()


def add_deals(stage: Stage, shop: Player, *, days_ago: int, count: int) -> None:
    """Store deals of noon, some days ago."""
    at = day_start(site_day(clock.now(), shop.site.time_zone) - timedelta(days=days_ago), shop.site.time_zone)
    stage.ids.ensure(2000)
    with stage.database.write() as connection:
        deals = [
            IncomingDeal(
                id=None,
                number=f"{days_ago}-{number}-{count}",
                happened_at=at + timedelta(hours=12),
                status="",
                amount_rub=None,
            )
            for number in range(count)
        ]
        import_deals(stage.work(connection, shop), deals)


def add_rule(stage: Stage, shop: Player, *words: str, filters: tuple[str, ...] = ()) -> Alert:
    """Store a rule that mails to Anna, and a webhook."""
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        known = read_question_context(connection, shop.site, clock.now())
        rule, _ = parse_rule(RawRule(*words, filters=filters), known, (ANNA,))
        events = frozenset({EventKind.ALERT_RAISED, EventKind.ALERT_ENDED})
        hook = NewWebhook(shop.site.id, "http://localhost/", events, BodyStyle.JSON)
        create_webhook(account_work(connection, clock.now(), stage.ids), hook)
        return manage.add_alert(account_work(connection, clock.now(), stage.ids).at(shop.site), rule)


def state(stage: Stage, shop: Player) -> tuple[Alert, list[Incident], list[Mail], list[str]]:
    """Return the only rule, incidents, mails, and the events that wait for the webhook."""
    with stage.database.read() as connection:
        (alert,) = list_alerts(connection, shop.site.id)
        incidents = list_incidents(connection, shop.site.id, 10)
        mails = list_mails(connection, shop.site.id, clock.now() - timedelta(days=1))
        events = [row.event for row in connection.execute(webhook_outbox.select().order_by(webhook_outbox.c.position))]
    return alert, incidents, mails, events


def look(stage: Stage, shop: Player, *, processes: int = 1, is_over: Callable[[Alert], bool] | None = None) -> None:
    """Have processes look at the only rule until it is not due any more."""
    is_done = is_over or (lambda alert: alert.due_at > clock.now() + LEASE + timedelta(minutes=1))
    watch(stage, lambda: is_done(state(stage, shop)[0]), processes=processes)


def watch(stage: Stage, is_done: Callable[[], bool], *, processes: int, can_report: bool = True) -> None:
    """Have processes look at rules until they are done."""

    async def story() -> None:
        async with AsyncExitStack() as opened:
            workers: list[Alerts] = []
            for _ in range(processes):
                queue = await opened.enter_async_context(open_write_queue(stage.database))
                read_pool, reports = (
                    ReadPool(stage.database, 1),
                    ReportPool(stage.database, DatabaseWatch(stage.database)),
                )
                opened.callback(read_pool.stop)
                opened.callback(reports.stop)
                if not can_report:
                    reports.stop()
                workers.append(Alerts(read_pool, queue, reports, sends_mail=True, poll_seconds=0.02))
            await until(is_done)
            for worker in workers:
                await worker.stop()

    run(story)


def make_due(stage: Stage) -> None:
    with stage.database.write() as connection:
        connection.execute(update(alert_table).values(due_at=clock.now()))


def test_an_alert_is_sent_once_when_it_is_raised_and_once_when_it_ends(stage: Stage) -> None:
    shop = stage.open_site(time_zone=zone_at_noon())
    for week in range(1, 9):
        add_deals(stage, shop, days_ago=1 + 7 * week, count=9)
    added = add_rule(stage, shop, "silence", "deals", "day")
    look(stage, shop, processes=2)
    alert, (incident,), (mail,), events = state(stage, shop)
    assert alert.incident_id == incident.id
    assert (incident.alert_id, incident.value, incident.usual, incident.ended_at) == (added.id, "0", "9", None)
    assert (mail.purpose, mail.subject_id, mail.recipient) == (MailPurpose.ALERT_RAISED, incident.id, ANNA)
    assert events == ["alert.raised"]

    make_due(stage)
    look(stage, shop, processes=2)
    assert state(stage, shop)[3] == ["alert.raised"]

    add_deals(stage, shop, days_ago=1, count=2)
    make_due(stage)
    look(stage, shop)
    alert, (incident,), mails, events = state(stage, shop)
    assert (alert.incident_id, incident.ended_value) == (None, "2")
    assert {mail.purpose for mail in mails} == {MailPurpose.ALERT_RAISED, MailPurpose.ALERT_ENDED}
    assert events == ["alert.raised", "alert.ended"]


def test_a_rule_whose_metric_is_gone_says_so_and_recovers(stage: Stage) -> None:
    shop = stage.open_site(time_zone=zone_at_noon())
    add_rule(stage, shop, "drop", "deals", "day")
    with stage.database.write() as connection:
        connection.execute(update(alert_table).values(metric="column:Gone"))
    look(stage, shop, is_over=lambda alert: alert.fault is not None)
    fault = state(stage, shop)[0].fault
    assert fault is not None
    assert "unknown metric “column:Gone”" in fault
    with stage.database.write() as connection:
        connection.execute(update(alert_table).values(metric="deals", due_at=clock.now()))
    look(stage, shop, is_over=lambda alert: alert.fault is None)


def test_filters_watch_a_single_service(stage: Stage) -> None:
    shop = stage.open_site(time_zone=zone_at_noon())
    for week in range(1, 9):
        add_deals(stage, shop, days_ago=1 + 7 * week, count=9)
    add_rule(stage, shop, "silence", "deals", "day", filters=("service:is:1C",))
    look(stage, shop)
    assert state(stage, shop)[1] == []


def test_a_rule_whose_figures_cannot_be_read_is_due_again_before_its_lease_ends(stage: Stage) -> None:
    shop = stage.open_site(time_zone=zone_at_noon())
    add_rule(stage, shop, "silence", "deals", "day")
    make_due(stage)
    failed = looks("failed")

    def is_put_off() -> bool:
        due_in = state(stage, shop)[0].due_at - clock.now()
        return looks("failed") > failed and timedelta() < due_in <= RETRY_AFTER

    watch(stage, is_put_off, processes=1, can_report=False)
    assert state(stage, shop)[0].fault is None


def looks(outcome: str) -> float:
    return metric_value(f'dealtrace_alert_looks_total{{outcome="{outcome}"}}')


def test_processes_look_at_each_rule_of_a_site_once(stage: Stage) -> None:
    shop = stage.open_site(time_zone=zone_at_noon())
    for week in range(1, 9):
        add_deals(stage, shop, days_ago=1 + 7 * week, count=9)
    rules = [add_rule(stage, shop, "silence", "deals", "day") for _ in range(6)]
    before = {outcome: looks(outcome) for outcome in ("raised", "nothing", "failed")}

    def is_each_done() -> bool:
        with stage.database.read() as connection:
            alerts = list_alerts(connection, shop.site.id)
        counted = sum(looks(outcome) - count for outcome, count in before.items())  # which is after they are stored
        is_each_due_later = all(alert.due_at > clock.now() + LEASE + timedelta(minutes=1) for alert in alerts)
        return is_each_due_later and counted >= len(rules)

    watch(stage, is_each_done, processes=3)
    with stage.database.read() as connection:
        incidents = list_incidents(connection, shop.site.id, 10)
    assert sorted(incident.alert_id for incident in incidents) == sorted(rule.id for rule in rules)
    assert {outcome: looks(outcome) - count for outcome, count in before.items()} == {
        "raised": len(rules),
        "nothing": 0,
        "failed": 0,
    }


def look_until_counted(stage: Stage, shop: Player, outcome: str) -> None:
    """Have a process look at the rule until a look of this outcome is counted, which is after it is stored."""
    counted = looks(outcome)
    look(stage, shop, is_over=lambda _alert: looks(outcome) > counted)


def test_looks_are_counted_by_what_came_of_them(stage: Stage) -> None:
    shop = stage.open_site(time_zone=zone_at_noon())
    for week in range(1, 9):
        add_deals(stage, shop, days_ago=1 + 7 * week, count=9)
    before = {outcome: looks(outcome) for outcome in ("raised", "ended", "nothing", "failed")}
    add_rule(stage, shop, "silence", "deals", "day")
    look_until_counted(stage, shop, "raised")
    make_due(stage)
    look_until_counted(stage, shop, "nothing")
    add_deals(stage, shop, days_ago=1, count=2)
    make_due(stage)
    look_until_counted(stage, shop, "ended")
    with stage.database.write() as connection:
        connection.execute(update(alert_table).values(metric="column:Gone", due_at=clock.now()))
    look_until_counted(stage, shop, "failed")
    assert {outcome: looks(outcome) - count for outcome, count in before.items()} == dict.fromkeys(before, 1.0)
    assert metric_value("dealtrace_alerts_waiting") in (0.0, 1.0)
