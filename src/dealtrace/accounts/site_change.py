"""Changes of a site: what was changed of its settings, by whom and when."""

from datetime import datetime
from enum import StrEnum

from dealtrace.record import record


class ChangeKind(StrEnum):
    """What was changed.

    `IMPORT` is a file of leads, deals or visits, `COSTS` one of costs, `PAST` past visits that were classified again.
    """

    SETTING = "setting"
    STATUS = "status"
    COLUMN = "column"
    FIELD = "field"
    HOST = "host"
    TOKEN = "token"  # noqa: S105 - a kind
    WEBHOOK = "webhook"
    SHARED_LINK = "shared_link"
    MAIL_REPORT = "mail_report"
    COSTS = "costs"
    IMPORT = "import"
    PAST = "past"
    DEMO = "demo"


MOVING_SETTINGS = frozenset(
    {"contact_matching", "attribution", "timezone", "unique_depth_days", "target_call_seconds", "respects_do_not_track"}
)
"""The settings that change figures."""
MOVING_KINDS = frozenset(
    {ChangeKind.STATUS, ChangeKind.HOST, ChangeKind.COSTS, ChangeKind.IMPORT, ChangeKind.PAST, ChangeKind.DEMO}
)


@record
class SiteChange:
    """A change: what was changed, from what to what. `before` is empty of what is new, `after` of what is gone.

    `user_id` is `None` if a command or the server itself made it.
    """

    kind: ChangeKind
    name: str
    before: str
    after: str
    changed_at: datetime
    user_id: int | None = None

    @property
    def moves_figures(self) -> bool:
        """Whether figures may differ before and after it, so that charts show it."""
        return self.kind in MOVING_KINDS or (self.kind is ChangeKind.SETTING and self.name in MOVING_SETTINGS)
