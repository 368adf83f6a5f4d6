"""Changes to a site's settings and data: what was changed, by whom and when.

Any: former values are JSON.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from dealtrace.record import record


class ChangeKind(StrEnum):
    """The kind of setting or data that was changed.

    `RATE` is a change of currency rates: `before` and `after` are `RUBLES DAY` for one rate, and `COUNT FIRST-DAY
    LAST-DAY` for several. `ROLE` is a change of a user's role on the site, `IMPORT` is an import of leads, deals or
    visits from a file, `COSTS` an import of costs, and `PAST` a reclassification of past visits, or, with the name
    `PAST_DEALS`, the matching of past deals. `LEAD` is a change of a lead by a person: `name` is the kind and id of the
    lead, and `after` is what the person did; `before` is not an old value: if the change stored a new version of the
    lead's notes, it is the number of that version, otherwise an empty string. `ERASURE` is the erasure of a person:
    `name` is the number of leads and `after` the number of deals; no contact is stored. `NOTE` is a note on the time
    axis of charts: `name` is `DAY TEXT`, and the key of the note is in `after` if the note was added, in `before` if it
    was removed.
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
    SEGMENT = "segment"
    SAVED_REPORT = "saved_report"
    ALERT = "alert"
    ROLE = "role"
    RATE = "rate"
    COSTS = "costs"
    IMPORT = "import"
    PAST = "past"
    DEMO = "demo"
    LEAD = "lead"
    ERASURE = "erasure"
    NOTE = "note"


FormerValues = Mapping[str, Any]
"""The id of what was changed, and the former values of its changed parts, as JSON."""
PAST_DEALS = "deals"
"""The name of a change of kind `PAST` if past deals were matched again; if visits were reclassified, it is empty."""


@record
class SiteChange:
    """A change to a site's settings or data, with the values before and after.

    `before` is empty if something was added, `after` if something was removed. `user_id` is `None` if a command or the
    server made the change. `former` is set for changes of alerts, reports by e-mail and webhooks: it has the `id` of
    what was changed, and the former values of the changed parts by name. They are needed to undo the change, and are
    never shown. `key` identifies a stored change within its site.
    """

    kind: ChangeKind
    name: str
    before: str
    after: str
    changed_at: datetime
    user_id: int | None = None
    former: FormerValues | None = None
    key: str = ""
