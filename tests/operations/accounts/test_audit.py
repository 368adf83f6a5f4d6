"""Acts on accounts are recorded by the operations that do them."""

from datetime import UTC, datetime, timedelta

from account_work import account_work
from cast import Stage
from dealtrace.accounts.audit_entry import AuditedAction
from dealtrace.operations.accounts.create_site import FIRST_NAME, open_first_site
from dealtrace.operations.accounts.create_user import create_user, hash_password
from dealtrace.operations.accounts.manage_user import change_password, delete_user
from dealtrace.operations.accounts.second_factor import demand_second_factor, reset_second_factor
from dealtrace.operations.demo.begin import begin_own_site
from dealtrace.operations.demo.remove import remove_demo
from dealtrace.storage.accounts.change_history import list_audit_entries

NOW = datetime(2026, 11, 26, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PASSWORD = "correct horse battery"


def recorded(stage: Stage) -> list[tuple[AuditedAction, str, str | None]]:
    """Return what was done, to whom and by whom, newest first."""
    with stage.database.read() as connection:
        return [(entry.kind, entry.name, entry.author) for entry in list_audit_entries(connection, most=100)]


def test_commands_have_no_name_and_authors_stay_named_when_they_are_gone(stage: Stage) -> None:
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        petr = create_user(account_work(connection, NOW, stage.ids), "petr", hash_password(PASSWORD))
        create_user(
            account_work(connection, NOW + SECOND, stage.ids, user_id=petr.id),
            "vera",
            hash_password(PASSWORD),
            roles={},
        )
        change_password(account_work(connection, NOW + 2 * SECOND), "petr", hash_password(PASSWORD))
        reset_second_factor(account_work(connection, NOW + 3 * SECOND), "petr")
        create_user(account_work(connection, NOW + 4 * SECOND, stage.ids), "boss", hash_password(PASSWORD))
        delete_user(account_work(connection, NOW + 5 * SECOND), "petr")
    entries = recorded(stage)
    assert entries[0] == (AuditedAction.USER_DELETED, "petr", None)
    assert entries[3:6] == [
        (AuditedAction.FACTOR_RESET, "petr", None),
        (AuditedAction.PASSWORD_SET, "petr", None),
        (AuditedAction.USER_CREATED, "vera", "petr"),
    ]
    assert set(entries[6:]) == {(AuditedAction.USER_CREATED, "petr", None), (AuditedAction.OWNER_MADE, "petr", None)}


def test_only_a_change_of_what_is_demanded_is_recorded(stage: Stage) -> None:
    with stage.database.write() as connection:
        for second, is_demanded in enumerate((False, True, True, False)):
            at = NOW + second * SECOND
            demand_second_factor(account_work(connection, at), is_demanded=is_demanded)
    assert recorded(stage) == [(AuditedAction.FACTOR_NOT_DEMANDED, "", None), (AuditedAction.FACTOR_DEMANDED, "", None)]


def test_sites_are_recorded_and_stay_so_when_they_are_gone(stage: Stage) -> None:
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        first = open_first_site(account_work(connection, NOW, stage.ids), "Europe/Moscow", 0)
        demo = begin_own_site(account_work(connection, NOW + SECOND, stage.ids)).site
        remove_demo(account_work(connection, NOW + 2 * SECOND), demo.id)
    assert first is not None
    assert recorded(stage) == [
        (AuditedAction.SITE_REMOVED, f"{demo.id} Demo", None),
        (AuditedAction.SITE_CREATED, f"{demo.id} Demo", None),
        (AuditedAction.SITE_CREATED, f"{first.site_id} {FIRST_NAME}", None),
    ]
