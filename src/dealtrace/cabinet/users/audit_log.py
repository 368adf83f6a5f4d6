"""The history of users, invitations and sites, for owners of the installation: what was done, by whom and when."""

from collections.abc import Callable, Mapping

from starlette.responses import Response

from dealtrace.accounts.audit_entry import AuditedAction, AuditEntry
from dealtrace.cabinet.notes.axis import author_label
from dealtrace.cabinet.view import View
from dealtrace.storage.accounts.change_history import list_audit_entries

ENTRIES_SHOWN = 500
_SENTENCES: Mapping[AuditedAction, str] = {
    AuditedAction.USER_CREATED: "User %(name)s created",
    AuditedAction.USER_DELETED: "User %(name)s deleted",
    AuditedAction.OWNER_MADE: "%(name)s made an owner of the installation",
    AuditedAction.OWNER_UNMADE: "%(name)s no longer an owner of the installation",
    AuditedAction.FACTOR_RESET: "Two-factor authentication of %(name)s turned off",
    AuditedAction.FACTOR_DEMANDED: "Two-factor authentication required for all users",
    AuditedAction.FACTOR_NOT_DEMANDED: "Two-factor authentication no longer required for all users",
    AuditedAction.PASSWORD_SET: "New password of %(name)s set",
    AuditedAction.PASSWORD_LINK_MADE: "Password reset link created for %(name)s",
    AuditedAction.SESSIONS_ENDED: "%(name)s logged out everywhere",
    AuditedAction.INVITATION_MADE: "Invitation created: %(name)s",
    AuditedAction.INVITATION_REVOKED: "Invitation revoked: %(name)s",
    AuditedAction.SITE_CREATED: "Site %(name)s created",
    AuditedAction.SITE_REMOVED: "Site %(name)s deleted",
}
_INVITED = "site %(site)s, %(role)s"
_INVITED_AS_OWNER = "owner of the installation"
assert set(_SENTENCES) == set(AuditedAction)


async def show(view: View) -> Response:
    """Show the latest entries of the history, newest first."""
    entries = await view.read(list_audit_entries, most=ENTRIES_SHOWN)
    return view.page(
        "users/audit_log.html",
        lines=[
            (entry.acted_at, _author(entry, view.translate), audit_sentence(entry, view.translate)) for entry in entries
        ],
        most=ENTRIES_SHOWN,
    )


def audit_sentence(entry: AuditEntry, translate: Callable[[str], str]) -> str:
    """Return a sentence that describes an entry of the history, in the language of `translate`."""
    name = entry.name
    if entry.kind in (AuditedAction.INVITATION_MADE, AuditedAction.INVITATION_REVOKED):
        site, _, role = name.partition(" ")
        name = translate(_INVITED) % {"site": site, "role": translate(role)} if site else translate(_INVITED_AS_OWNER)
    return translate(_SENTENCES[entry.kind]) % {"name": name}


def _author(entry: AuditEntry, translate: Callable[[str], str]) -> str:
    return entry.author if entry.author is not None else author_label({}, None, translate)
