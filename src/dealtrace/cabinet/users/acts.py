"""The history of users, invitations and sites, for owners of the installation: what was done, by whom and when."""

from collections.abc import Callable, Mapping

from starlette.responses import Response

from dealtrace.accounts.account_act import AccountAct, ActKind
from dealtrace.cabinet.notes.axis import author_label
from dealtrace.cabinet.view import View
from dealtrace.storage.accounts.change_history import list_account_acts

ACTS_SHOWN = 500
_SENTENCES: Mapping[ActKind, str] = {
    ActKind.USER_CREATED: "User %(name)s created",
    ActKind.USER_DELETED: "User %(name)s deleted",
    ActKind.OWNER_MADE: "%(name)s made an owner of the installation",
    ActKind.OWNER_UNMADE: "%(name)s no longer an owner of the installation",
    ActKind.FACTOR_RESET: "Two-factor authentication of %(name)s turned off",
    ActKind.FACTOR_DEMANDED: "Two-factor authentication required for all users",
    ActKind.FACTOR_NOT_DEMANDED: "Two-factor authentication no longer required for all users",
    ActKind.PASSWORD_SET: "New password of %(name)s set",
    ActKind.PASSWORD_LINK_MADE: "Password reset link created for %(name)s",
    ActKind.SESSIONS_ENDED: "%(name)s logged out everywhere",
    ActKind.INVITATION_MADE: "Invitation created: %(name)s",
    ActKind.INVITATION_REVOKED: "Invitation revoked: %(name)s",
    ActKind.SITE_CREATED: "Site %(name)s created",
    ActKind.SITE_REMOVED: "Site %(name)s deleted",
}
_INVITED = "site %(site)s, %(role)s"
_INVITED_AS_OWNER = "owner of the installation"
assert set(_SENTENCES) == set(ActKind)


async def show(view: View) -> Response:
    """Show the latest entries of the history, newest first."""
    acts = await view.read(list_account_acts, most=ACTS_SHOWN)
    return view.page(
        "users/acts.html",
        lines=[(act.acted_at, _author(act, view.translate), act_sentence(act, view.translate)) for act in acts],
        most=ACTS_SHOWN,
    )


def act_sentence(act: AccountAct, translate: Callable[[str], str]) -> str:
    """Return a sentence that describes an entry of the history, in the language of `translate`."""
    name = act.name
    if act.kind in (ActKind.INVITATION_MADE, ActKind.INVITATION_REVOKED):
        site, _, role = name.partition(" ")
        name = translate(_INVITED) % {"site": site, "role": translate(role)} if site else translate(_INVITED_AS_OWNER)
    return translate(_SENTENCES[act.kind]) % {"name": name}


def _author(act: AccountAct, translate: Callable[[str], str]) -> str:
    return act.author if act.author is not None else author_label({}, None, translate)
