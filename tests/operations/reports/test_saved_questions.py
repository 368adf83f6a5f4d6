"""What users save of their own goes with them; what they saved for a site stays."""

import pytest

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.user import User
from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.operations.accounts.create_user import create_user, hash_password
from dealtrace.operations.accounts.manage_user import delete_user
from dealtrace.operations.reports.manage_segments import add_segment
from dealtrace.operations.reports.save_report import rename_report, save_report
from dealtrace.operations.reports.write_notes import add_note
from dealtrace.reports.saved_items import saved_reports as limits
from dealtrace.reports.saved_items.names import SavedName
from dealtrace.reports.saved_items.saved_reports import QUERY_LENGTH_MAX
from dealtrace.storage.reports.notes import list_notes
from dealtrace.storage.reports.saved_items.saved_reports import list_saved_reports
from dealtrace.storage.reports.saved_items.segments import list_segments
from write_commands import NOON, utc_now

PASSWORD = "correct horse battery"


@pytest.fixture
def anna(stage: Stage, shop: Player) -> User:
    stage.ids.ensure(10)
    with stage.database.write() as connection:
        create_user(account_work(connection, NOON, stage.ids), "boss@example.com", hash_password(PASSWORD))
        return create_user(
            account_work(connection, NOON, stage.ids),
            "anna",
            hash_password(PASSWORD),
            roles={shop.site.id: Role.ANALYST},
        )


def save(
    stage: Stage,
    player: Player,
    name: str,
    user_id: int | None,
    query: str = "metrics=deals",
    *,
    overwrites: bool = False,
) -> None:
    with stage.database.write() as connection:
        save_report(
            account_work(connection, NOON, user_id=user_id).at(player.site),
            SavedName(name, user_id),
            query,
            overwrites=overwrites,
        )


def test_own_reports_and_segments_are_deleted_with_their_user_and_those_of_sites_stay(
    stage: Stage, shop: Player, anna: User
) -> None:
    elsewhere = stage.open_site()
    for player in (shop, elsewhere):
        for user_id in (None, anna.id, anna.id + 1):
            save(stage, player, "a", user_id)
            with stage.database.write() as connection:
                add_segment(account_work(connection, NOON).at(player.site), SavedName("s", user_id), ["source:is:a"])
    with stage.database.write() as connection:
        add_note(account_work(connection, NOON, user_id=anna.id).at(shop.site), day="2026-11-26", text="kept")
        delete_user(account_work(connection, utc_now()), "anna")
    for player in (shop, elsewhere):
        with stage.database.read() as connection:
            for kept in (list_saved_reports, list_segments):
                owners = [
                    each.user_id
                    for user_id in (None, anna.id, anna.id + 1)
                    for each in kept(connection, player.site.id, user_id)
                    if each.user_id == user_id
                ]
                assert owners == [None, anna.id + 1]
    with stage.database.read() as connection:
        assert [note.text for note in list_notes(connection, shop.site.id)] == ["kept"]


def test_a_name_is_kept_once_an_owner(stage: Stage, shop: Player) -> None:
    save(stage, shop, "a", None)
    save(stage, shop, "a", 7)
    save(stage, shop, "b", 7)
    with pytest.raises(NameTaken):
        save(stage, shop, " a ", 7)
    with stage.database.write() as connection:
        with pytest.raises(NameTaken):
            rename_report(account_work(connection, NOON, user_id=7).at(shop.site), SavedName("b", 7), "a")
        assert rename_report(account_work(connection, NOON, user_id=7).at(shop.site), SavedName("b", 7), "b ")
        assert rename_report(account_work(connection, NOON, user_id=7).at(shop.site), SavedName("b", 7), "c")
        assert not rename_report(account_work(connection, NOON, user_id=7).at(shop.site), SavedName("b", 7), "d")
        assert not rename_report(account_work(connection, NOON, user_id=7).at(shop.site), SavedName("c", 8), "d")


def test_questions_and_reports_have_limits(stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidSetting, match="query"):
        save(stage, shop, "a", 7, "x" * (QUERY_LENGTH_MAX + 1))
    monkeypatch.setattr("dealtrace.operations.reports.save_report.SAVED_REPORTS_MAX", 2)
    assert limits.SAVED_REPORTS_MAX > 2
    save(stage, shop, "a", 7)
    save(stage, shop, "b", 8)
    for overwrites in (False, True):
        with pytest.raises(InvalidSetting, match="2"):
            save(stage, shop, "c", 9, overwrites=overwrites)
    save(stage, shop, "b", 8, "by=week", overwrites=True)
