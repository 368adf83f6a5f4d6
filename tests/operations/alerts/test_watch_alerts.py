"""What becomes of rules that are evaluation at, on both engines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.clock_set_back import CLOCKS_APART_MAX
from dealtrace.accounts.rights import Role
from dealtrace.accounts.webhook import EventKind
from dealtrace.alerts.judgement import AlertVerdict
from dealtrace.alerts.refusals import AlertNotFound
from dealtrace.alerts.rule import ALERTS_MAX, Alert, AlertKind, Rule
from dealtrace.alerts.windows import NEXT_CHECK_MAX, WINDOWS
from dealtrace.errors import InvalidSetting
from dealtrace.mails.mail import ATTEMPTS_MAX, MailFault
from dealtrace.mails.recipient import RECIPIENTS_MAX, Recipient
from dealtrace.operations.accounts.create_user import create_user, hash_password
from dealtrace.operations.alerts import manage
from dealtrace.operations.alerts.watch import LEASE, AlertEvaluation, AlertReport, acknowledge_alerts, claim_alert
from dealtrace.operations.mails.deliver import LEASE as MAIL_LEASE
from dealtrace.operations.mails.deliver import MailReport, acknowledge_mails, claim_mail, sweep_mails
from dealtrace.reports.metrics import Unit
from dealtrace.storage.accounts.users import delete_membership
from dealtrace.storage.alerts.alerts import find_alert, update_claimed_alert
from dealtrace.storage.alerts.incidents import list_incidents
from dealtrace.storage.mails.outbox import list_mails

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RAISED = AlertEvaluation(AlertVerdict.RAISED, NOW - HOUR, NOW, Unit.COUNT, "0", "9")
QUIET = AlertEvaluation(AlertVerdict.QUIET, NOW - HOUR, NOW, Unit.COUNT, "7", "9")
UNDECIDED = AlertEvaluation(AlertVerdict.UNDECIDED, NOW - HOUR, NOW, Unit.COUNT, None, None)
MANY = tuple(Recipient(f"a{number}@example.org") for number in range(RECIPIENTS_MAX))


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def add(stage: Stage, shop: Player, recipients: tuple[Recipient, ...] = MANY[:1]) -> Alert:
    rule = Rule(AlertKind.DROP, "deals", WINDOWS["1h"], Decimal(30), (), recipients)
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        return manage.add_alert(account_work(connection, NOW, stage.ids).at(shop.site), rule)


def claim(stage: Stage, shop: Player, now: datetime = NOW) -> list[Alert]:
    """Return the alert that is claimed, or nothing."""
    return [alert for alert in stage.perform(claim_alert, shop, None, now=now) if alert is not None]


def acknowledge(
    stage: Stage, shop: Player, alert: Alert, evaluation: AlertEvaluation, now: datetime = NOW
) -> EventKind | None:
    report = AlertReport(alert, NOW + HOUR, evaluation, sends_mail=True)
    (event,) = stage.perform(acknowledge_alerts, shop, report, now=now)
    kind: EventKind | None = event
    return kind


def test_what_a_wrong_clock_leased_is_not_waited_for(stage: Stage, shop: Player) -> None:
    alert, ahead = add(stage, shop), NOW + timedelta(days=365)
    (held,) = claim(stage, shop, ahead)
    assert claim(stage, shop, ahead) == []
    (again,) = claim(stage, shop)
    assert (held.id, again.id, again.due_at) == (alert.id, alert.id, NOW + LEASE)
    assert acknowledge(stage, shop, again, RAISED) is EventKind.ALERT_RAISED
    (mail,) = stage.perform(claim_mail, shop, None, now=ahead)
    assert stage.perform(claim_mail, shop, None, now=ahead) == [None]
    (found,) = stage.perform(claim_mail, shop, None, now=NOW)
    assert (found.id, found.due_at) == (mail.id, NOW + MAIL_LEASE)


def test_what_is_planned_as_far_ahead_as_ever_waits_for_a_server_that_is_a_little_behind_too(
    stage: Stage, shop: Player
) -> None:
    alert = add(stage, shop)
    with stage.database.write() as connection:
        update_claimed_alert(connection, alert, {"due_at": NOW + NEXT_CHECK_MAX})
    assert claim(stage, shop, NOW - CLOCKS_APART_MAX) == []
    assert len(claim(stage, shop, NOW - CLOCKS_APART_MAX - timedelta(seconds=1))) == 1


def mails_of(stage: Stage, shop: Player) -> list[str]:
    with stage.database.read() as connection:
        return sorted(mail.recipient.address for mail in list_mails(connection, shop.site.id, NOW - HOUR))


def test_a_rule_in_hand_is_nobody_elses_until_its_lease_ends(stage: Stage, shop: Player) -> None:
    add(stage, shop)
    neighbour = stage.open_site()
    assert claim(stage, neighbour) == []
    (first,) = claim(stage, shop)
    assert claim(stage, shop) == []
    (second,) = claim(stage, shop, NOW + LEASE)
    assert acknowledge(stage, shop, first, RAISED) is None
    assert acknowledge(stage, shop, second, RAISED) is EventKind.ALERT_RAISED
    assert claim(stage, shop, NOW + LEASE) == []


def test_the_lease_of_a_rule_begins_when_its_turn_comes(stage: Stage, shop: Player) -> None:
    added = [add(stage, shop).id for _ in range(3)]
    claimed = [claim(stage, shop, NOW + number * LEASE / 2) for number in range(2)]
    assert [alert.id for (alert,) in claimed] == added[:2]
    assert [acknowledge(stage, shop, alert, QUIET, NOW + LEASE) for (alert,) in claimed] == [None, None]
    (last,) = claim(stage, shop, NOW + LEASE)
    assert (last.id, last.due_at) == (added[2], NOW + 2 * LEASE)
    assert claim(stage, shop, NOW + LEASE) == []


@pytest.mark.parametrize(
    ("verdicts", "events"),
    [
        ([RAISED, RAISED, QUIET, QUIET], ["alert.raised", None, "alert.ended", None]),
        ([UNDECIDED, QUIET], [None, None]),
        ([RAISED, UNDECIDED, RAISED, UNDECIDED, QUIET], ["alert.raised", None, None, None, "alert.ended"]),
    ],
)
def test_only_a_change_is_sent(
    stage: Stage, shop: Player, verdicts: list[AlertEvaluation], events: list[str | None]
) -> None:
    add(stage, shop)
    sent = []
    for number, evaluation in enumerate(verdicts):
        now = NOW + number * HOUR
        (alert,) = claim(stage, shop, now)
        sent.append(acknowledge(stage, shop, alert, evaluation, now))
    assert sent == events


def test_a_rule_that_was_changed_meanwhile_is_looked_at_again(stage: Stage, shop: Player) -> None:
    added = add(stage, shop)
    (alert,) = claim(stage, shop)
    with stage.database.write() as connection:
        manage.change_alert(account_work(connection, NOW).at(shop.site), added.id, alert.rule)
    assert acknowledge(stage, shop, alert, RAISED) is None
    assert [each.id for each in claim(stage, shop)] == [added.id]


@pytest.mark.parametrize(
    ("changed", "goes_on"),
    [
        ({"amount": Decimal(40)}, True),
        ({"kind": AlertKind.SPIKE}, True),
        ({"metric": "amount"}, False),
        ({"window": WINDOWS["day"]}, False),
        ({"filters": ("service:is:1C",)}, False),
    ],
)
def test_a_rule_that_watches_another_figure_ends_what_the_former_raised(
    stage: Stage, shop: Player, changed: dict[str, Any], goes_on: bool
) -> None:
    added = add(stage, shop, ())
    (alert,) = claim(stage, shop)
    acknowledge(stage, shop, alert, RAISED)
    with stage.database.write() as connection:
        manage.change_alert(
            account_work(connection, NOW + HOUR).at(shop.site), added.id, replace(alert.rule, **changed)
        )
    with stage.database.read() as connection:
        (incident,) = list_incidents(connection, shop.site.id, 10)
    assert (incident.ended_at is None, incident.ended_value) == (goes_on, None)
    (again,) = claim(stage, shop, NOW + HOUR)
    assert acknowledge(stage, shop, again, QUIET, NOW + HOUR) == (EventKind.ALERT_ENDED if goes_on else None)


def test_every_recipient_gets_a_mail_but_users_who_left(stage: Stage, shop: Player) -> None:
    stage.ids.ensure(100)
    roles = {shop.site.id: Role.READER}
    with stage.database.write() as connection:
        work = account_work(connection, NOW, stage.ids)
        here, gone = (
            create_user(work, f"{name}@example.org", hash_password("correct horse battery"), roles=roles)
            for name in ("here", "gone")
        )
        delete_membership(connection, gone.id, shop.site.id)
    users = tuple(Recipient(user.login, "ru", user.id) for user in (here, gone))
    add(stage, shop, (*users, *MANY[:1]))
    (alert,) = claim(stage, shop)
    acknowledge(stage, shop, alert, RAISED)
    assert mails_of(stage, shop) == ["a0@example.org", "here@example.org"]


def test_a_removed_rule_leaves_nothing(stage: Stage, shop: Player) -> None:
    added = add(stage, shop)
    (alert,) = claim(stage, shop)
    acknowledge(stage, shop, alert, RAISED)
    neighbour = stage.open_site()
    with stage.database.write() as connection, pytest.raises(AlertNotFound):
        manage.remove_alert(account_work(connection, NOW).at(neighbour.site), added.id)
    with stage.database.write() as connection:
        manage.remove_alert(account_work(connection, NOW).at(shop.site), added.id)
        assert find_alert(connection, shop.site.id, added.id) is None
        assert list_incidents(connection, shop.site.id, 10) == []
    assert mails_of(stage, shop) == []
    with stage.database.write() as connection, pytest.raises(AlertNotFound):
        manage.change_alert(account_work(connection, NOW).at(shop.site), added.id, alert.rule)


def test_a_site_has_not_too_many_rules(stage: Stage, shop: Player) -> None:
    stage.ids.ensure(ALERTS_MAX + 1)
    rule = Rule(AlertKind.SILENCE, "calls", WINDOWS["day"], None)
    with stage.database.write() as connection:
        for _ in range(ALERTS_MAX):
            manage.add_alert(account_work(connection, NOW, stage.ids).at(shop.site), rule)
        with pytest.raises(InvalidSetting, match="already has 50"):
            manage.add_alert(account_work(connection, NOW, stage.ids).at(shop.site), rule)


def test_a_mail_is_sent_again_after_a_pause_and_given_up_after_a_day(stage: Stage, shop: Player) -> None:
    alert = add(stage, shop)
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        manage.schedule_test_mails(account_work(connection, NOW, stage.ids), alert)
    (mail,) = stage.perform(claim_mail, shop, None, now=NOW)
    assert stage.perform(claim_mail, shop, None, now=NOW) == [None]
    assert stage.perform(acknowledge_mails, shop, MailReport(mail, MailFault("away")), now=NOW) == [False]
    assert stage.perform(claim_mail, shop, None, now=NOW + timedelta(seconds=59)) == [None]
    (again,) = stage.perform(claim_mail, shop, None, now=NOW + timedelta(minutes=1))
    assert (again.attempts, again.fault, again.message_id) == (1, "away", mail.message_id)
    late = NOW + MAIL_LEASE + timedelta(minutes=1)
    (last,) = stage.perform(claim_mail, shop, None, now=late)
    assert last.due_at == late + MAIL_LEASE
    assert stage.perform(acknowledge_mails, shop, MailReport(again, None), now=late) == [False]
    tired = MailReport(replace(last, attempts=ATTEMPTS_MAX - 1), MailFault("away"))
    assert stage.perform(acknowledge_mails, shop, tired, now=late) == [True]
    assert stage.perform(claim_mail, shop, None, now=late + HOUR) == [None]
    assert stage.perform(sweep_mails, shop, timedelta(0), now=late) == [1]
