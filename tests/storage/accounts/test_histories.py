"""Histories: what was written later is listed first, also within one moment."""

from sqlalchemy import Connection

from dealtrace.accounts.audit_entry import AuditedAction, AuditEntry
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.storage.accounts.change_history import (
    insert_audit_entry,
    insert_site_change,
    list_audit_entries,
    list_site_changes,
)
from write_commands import NOON

COUNT = 30


def test_acts_of_the_same_moment_are_listed_newest_first(connection: Connection) -> None:
    for number in range(COUNT):
        insert_audit_entry(connection, AuditEntry(AuditedAction.USER_CREATED, f"user {number:02}", NOON, None))
    listed = [entry.name for entry in list_audit_entries(connection, most=COUNT)]
    assert listed == [f"user {number:02}" for number in reversed(range(COUNT))]


def test_changes_to_a_site_of_the_same_moment_are_listed_newest_first(connection: Connection) -> None:
    for number in range(COUNT):
        insert_site_change(
            connection, SiteId(1), SiteChange(next(iter(ChangeKind)), f"field {number:02}", "", "", NOON, None)
        )
    listed = [change.name for change in list_site_changes(connection, SiteId(1), most=COUNT)]
    assert listed == [f"field {number:02}" for number in reversed(range(COUNT))]
