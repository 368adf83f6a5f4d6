"""Acts on accounts are recorded by the operations that do them."""

from datetime import UTC, datetime, timedelta

from account_work import account_work
from cast import Stage
from dealtrace.accounts.account_act import ActKind
from dealtrace.operations.accounts.create_site import FIRST_NAME, open_first_site
from dealtrace.operations.accounts.create_user import create_user, hash_password
from dealtrace.operations.accounts.manage_user import change_password, delete_user
from dealtrace.operations.accounts.second_factor import demand_second_factor, reset_second_factor
from dealtrace.operations.demo.begin import begin_own_site
from dealtrace.operations.demo.remove import remove_demo
from dealtrace.storage.accounts.change_history import list_account_acts

NOW = datetime(2026, 11, 26, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PASSWORD = "correct horse battery"


def recorded(stage: Stage) -> list[tuple[ActKind, str, str | None]]:
    """Return what was done, to whom and by whom, newest first."""
    with stage.database.read() as connection:
        return [(act.kind, act.name, act.author) for act in list_account_acts(connection, most=100)]


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
    acts = recorded(stage)
    assert acts[0] == (ActKind.USER_DELETED, "petr", None)
    assert acts[3:6] == [
        (ActKind.FACTOR_RESET, "petr", None),
        (ActKind.PASSWORD_SET, "petr", None),
        (ActKind.USER_CREATED, "vera", "petr"),
    ]
    assert set(acts[6:]) == {(ActKind.USER_CREATED, "petr", None), (ActKind.OWNER_MADE, "petr", None)}


def test_only_a_change_of_what_is_demanded_is_recorded(stage: Stage) -> None:
    with stage.database.write() as connection:
        for second, is_demanded in enumerate((False, True, True, False)):
            at = NOW + second * SECOND
            demand_second_factor(account_work(connection, at), is_demanded=is_demanded)
    assert recorded(stage) == [(ActKind.FACTOR_NOT_DEMANDED, "", None), (ActKind.FACTOR_DEMANDED, "", None)]


def test_sites_are_recorded_and_stay_so_when_they_are_gone(stage: Stage) -> None:
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        first = open_first_site(account_work(connection, NOW, stage.ids), "Europe/Moscow", 0)
        demo = begin_own_site(account_work(connection, NOW + SECOND, stage.ids)).site
        remove_demo(account_work(connection, NOW + 2 * SECOND), demo.id)
    assert first is not None
    assert recorded(stage) == [
        (ActKind.SITE_REMOVED, f"{demo.id} Demo", None),
        (ActKind.SITE_CREATED, f"{demo.id} Demo", None),
        (ActKind.SITE_CREATED, f"{first.site_id} {FIRST_NAME}", None),
    ]
