"""Record the changes to sites and the actions on accounts: what was done, by whom and when."""

from dealtrace.accounts.audit_entry import AuditedAction, AuditEntry
from dealtrace.accounts.site_change import VALUE_LENGTH_MAX, ChangeKind, FormerValues, SiteChange
from dealtrace.operations.work import AccountWork
from dealtrace.storage.accounts.change_history import insert_audit_entry, insert_site_change
from dealtrace.storage.accounts.users import find_logins

_CUT = "…"


def record_change(
    work: AccountWork,
    site_id: int,
    kind: ChangeKind,
    name: str,
    *,
    before: str = "",
    after: str = "",
    former: FormerValues | None = None,
) -> None:
    """Record a change in the transaction that makes the change; do nothing if `before` and `after` are equal.

    `before` is empty if something was added, `after` if something was removed. `former` has the former values that an
    undo restores (see `SiteChange`).
    """
    if before != after:
        shown, was, became = map(_shortened, (name, before, after))
        change = SiteChange(kind, shown, was, became, work.now, work.user_id, former)
        insert_site_change(work.connection, site_id, change)


def is_cut(text: str) -> bool:
    """Return whether a recorded value may have been cut."""
    return len(text) == VALUE_LENGTH_MAX and text.endswith(_CUT)


def _shortened(text: str) -> str:
    return text if len(text) <= VALUE_LENGTH_MAX else text[: VALUE_LENGTH_MAX - len(_CUT)] + _CUT


def record_audit_entry(work: AccountWork, kind: AuditedAction, name: str) -> None:
    """Record an action on an account, in the transaction of the action, with the login of the user who acts."""
    author = find_logins(work.connection, {work.user_id}).get(work.user_id) if work.user_id is not None else None
    insert_audit_entry(work.connection, AuditEntry(kind, name, work.now, author))
