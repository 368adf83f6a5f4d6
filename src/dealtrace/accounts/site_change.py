"""Changes to a site's settings and data: what was changed, by whom and when."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypedDict, cast

from dealtrace.errors import Language
from dealtrace.record import record

VALUE_LENGTH_MAX = 500
"""Ours: the maximum length, in characters, of a value in a recorded change; a longer one is cut and ends with `…`."""


class ChangeKind(StrEnum):
    """The kind of setting or data that was changed.

    - `RATE`: currency rates; `before` and `after` are `RUBLES DAY` for one rate, and `COUNT FIRST-DAY LAST-DAY` for
      several.
    - `ROLE`: the role of a user on the site.
    - `IMPORT`: leads, deals or visits imported from a file: their number is in `after`, or in `before` if the import
      was taken back.
    - `COSTS`: costs of an account, `FIRST-DAY LAST-DAY` in `after` if they were imported, in `before` if deleted.
    - `PAST`: past visits were reclassified or, if `name` is `PAST_DEALS`, past deals were matched again.
    - `LEAD`: what a person did to a lead: `name` is the kind and id of the lead, and `after` is what the person did.
      Unlike in other kinds, `before` is not a former value: it is the number of the new version of the lead's notes,
      or an empty string if the notes did not change.
    - `ERASURE`: a person was erased: `name` is the number of leads, and `after` the number of deals; no contact is
      stored.
    - `NOTE`: a note on the time axis of charts: `name` is `DAY TEXT`; the key of the note is in `after` if the note was
      added, and in `before` if it was removed.
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


StoredRecipient = tuple[str, Language, int | None]
"""The address, the language and the user id of a recipient of e-mails."""


class FormerValues(TypedDict, total=False):
    """The id of what was changed, and the former values of its changed parts, as the history stores them in JSON.

    The parts of an alert are `rule`, `filters` and `recipients`; those of a report by e-mail are `title`, `schedule`
    (how often, and at which hour), `question` and `recipients`; those of a webhook are `url`, `events` and `fields`,
    and those of a deleted webhook also `style`. A report or segment has its former `question` if that is too long to be
    shown. The parts of an import of costs are its account, its source, the number of days with costs, and the number
    of costs of these days that it `replaced`; older imports lack `replaced`.
    """

    id: int
    rule: str
    filters: Sequence[str]
    recipients: Sequence[StoredRecipient]
    title: str
    schedule: tuple[str, int]
    question: str
    url: str
    events: Sequence[str]
    fields: Sequence[str]
    style: str
    system: str
    account: str
    origin: str
    days: int
    replaced: int


PAST_DEALS = "deals"
"""The name of a change of kind `PAST` if past deals were matched again; if visits were reclassified, it is empty."""


@record
class SiteChange:
    """A change to a site's settings or data, with the values before and after.

    `before` is empty if something was added, `after` if something was removed. `user_id` is `None` if a command or the
    server made the change. `former` is set for changes to alerts, reports by e-mail and webhooks: it has the `id` of
    what was changed, and the former values of the changed parts by name. These values are needed to undo the change,
    and are never shown. For an import of costs, `former` has the parts of the account. `key` identifies a stored change
    within its site.
    """

    kind: ChangeKind
    name: str
    before: str
    after: str
    changed_at: datetime
    user_id: int | None = None
    former: FormerValues | None = None
    key: str = ""


def only_part(former: FormerValues, part: str) -> FormerValues:
    """Return the id and one part of former values, to record the change to this part."""
    kept = {name: value for name, value in former.items() if name in ("id", part)}
    return cast("FormerValues", kept)  # a name that is not a literal cannot be checked
