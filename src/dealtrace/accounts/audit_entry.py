"""The history of accounts: what people and commands did to users, invitations and sites, and when."""

from datetime import datetime
from enum import StrEnum

from dealtrace.record import record


class AuditedAction(StrEnum):
    """The action that an entry in the history of accounts records; it determines what `name` contains.

    For users, `name` is the login. For sites, it is `ID NAME`. For invitations, it is `SITE-ID ROLE`, or empty if the
    invitation makes its user an owner of the installation. `FACTOR_DEMANDED` and `FACTOR_NOT_DEMANDED` concern all
    users and have an empty name.
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
    SESSIONS_ENDED = "sessions_ended"
    INVITATION_MADE = "invitation_made"
    INVITATION_REVOKED = "invitation_gone"
    SITE_CREATED = "site_created"
    SITE_REMOVED = "site_removed"


@record
class AuditEntry:
    """An entry in the history of accounts; `author` is the login of a user, or `None` for a command.

    Ours: the login is stored, not the user's id, so that the history still names the author after the user is deleted.
    """

    kind: AuditedAction
    name: str
    acted_at: datetime
    author: str | None
