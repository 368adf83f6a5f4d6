"""Acts of people and commands on accounts: what was done to users, invitations and sites, by whom and when."""

from datetime import datetime
from enum import StrEnum

from dealtrace.record import record


class ActKind(StrEnum):
    """The kind of an act.

    The name of an act is the login of the user whom it concerns. For sites it is `ID NAME`; for invitations it is
    `SITE-ID ROLE`, or empty if the invitation makes an owner of the installation. `FACTOR_DEMANDED` and
    `FACTOR_NOT_DEMANDED` concern all users and have no name.
    """

    USER_CREATED = "user_created"
    USER_DELETED = "user_deleted"
    OWNER_MADE = "owner_made"
    OWNER_UNMADE = "owner_unmade"
    FACTOR_RESET = "factor_reset"
    FACTOR_DEMANDED = "factor_demanded"
    FACTOR_NOT_DEMANDED = "factor_free"
    PASSWORD_SET = "password_set"  # noqa: S105 - a kind
    PASSWORD_LINK_MADE = "password_link"  # noqa: S105 - a kind
    INVITATION_MADE = "invitation_made"
    INVITATION_REVOKED = "invitation_gone"
    SITE_CREATED = "site_created"
    SITE_REMOVED = "site_removed"


@record
class AccountAct:
    """An act on accounts; `author` is the login of who did it, or `None` if a command did.

    Ours: the login is stored, not the user's id, so that the history still names who did what after that user is gone.
    """

    kind: ActKind
    name: str
    acted_at: datetime
    author: str | None
