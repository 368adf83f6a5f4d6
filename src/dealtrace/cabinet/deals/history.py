"""The versions of a deal as strings: who changed what, what can be undone, and amounts and statuses over time.

Any: the fields of a deal in stored JSON have values of many types.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from dealtrace.attribution.traffic_source import SOURCE_PARTS
from dealtrace.cabinet.deals.words import FIELDS, VERSIONS
from dealtrace.cabinet.formats import NOTHING, clock_time, money
from dealtrace.cabinet.lead_words import LEAD_WORDS
from dealtrace.cabinet.view import View
from dealtrace.deals.versions import MOMENTS, DealVersion, VersionKind, follows_matchers
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.deals.undo import UNDONE
from dealtrace.record import record


@record
class FieldChange:
    """A field that a version changed, with the texts of its values before and after."""

    field: str
    before: str
    after: str


@record
class VersionLine:
    """A version of the deal, as strings for its page."""

    version: int
    kind: str
    recorded_at: str
    who: str
    changes: tuple[FieldChange, ...]
    is_undoable: bool


@record
class StateLine:
    """The status and sum of a deal from a moment on."""

    since: str
    status: str
    amount: str


@record
class Callers:
    """The labels of tokens and the logins of users by id; deleted users are missing."""

    tokens: Mapping[int, str]
    logins: Mapping[int, str]


class Historian:
    """The writer of the history of a deal for a page; `callers` names the tokens and users that made its versions."""

    def __init__(self, view: View, callers: Callers) -> None:
        self._view = view
        self._callers = callers
        self._say = view.translate

    def versions(self, versions: Sequence[DealVersion]) -> list[VersionLine]:
        """Return the texts of versions, latest first."""
        pairs = zip(versions, (None, *versions), strict=False)
        return [self._version(version, previous) for version, previous in pairs][::-1]

    def states(self, versions: Sequence[DealVersion]) -> list[StateLine]:
        """Return the statuses and amounts over time, earliest first; versions that change neither are skipped."""
        lines: list[StateLine] = []
        status: Any = ""
        amount: Any = None
        for version in versions:
            if "status" in version.after or "amount_rub" in version.after:
                status, amount = version.after.get("status", status), version.after.get("amount_rub", amount)
                lines.append(
                    StateLine(self._moment(version.recorded_at), str(status), self._words("amount_rub", amount))
                )
        return lines

    def _version(self, version: DealVersion, previous: DealVersion | None) -> VersionLine:
        return VersionLine(
            version.version,
            self._say(VERSIONS[version.kind]),
            self._moment(version.recorded_at),
            self._who(version, previous),
            tuple(self._changes(version)),
            version.kind in UNDONE,
        )

    def _who(self, version: DealVersion, previous: DealVersion | None) -> str:
        if version.token_id is not None:
            label = self._callers.tokens.get(version.token_id, str(version.token_id))
            return self._say("by token %(label)s") % {"label": label}
        if version.user_id is not None:
            return self._callers.logins.get(version.user_id, self._say("a deleted user"))
        if follows_matchers(version, previous):
            return self._say("by the matching rules, because the matchers of the deal changed")
        if version.kind is VersionKind.MATCHED:
            return self._say("by the matching rules, because leads, visits or settings changed")
        return self._say("by a command on the server")

    def _changes(self, version: DealVersion) -> Iterator[FieldChange]:
        for name in version.after:
            if name in FIELDS and (version.before or version.after[name]):
                before = self._words(name, version.before.get(name))
                yield FieldChange(self._say(FIELDS[name]), before, self._words(name, version.after[name]))

    def _moment(self, moment: datetime) -> str:
        return clock_time(self._view.language, moment, self._view.current_site.time_zone)

    def _words(self, name: str, value: Any) -> str:  # noqa: PLR0911 - a case for each field
        """Return the text to show for the value of a field, as decoded from the stored JSON."""
        if value in (None, "", [], {}):
            return NOTHING
        match name:
            case "amount_rub":
                return money(self._view.language, Decimal(str(value)))
            case _ if name in MOMENTS:
                return self._moment(datetime.fromisoformat(value))
            case "tags":
                return ", ".join(value)
            case "custom_values":
                return "; ".join(f"{field}: {text}" for field, text in value.items())
            case "stated_source":
                return " / ".join(value[part] for part in SOURCE_PARTS if value.get(part))
            case "lead":
                kind = self._say(LEAD_WORDS[LeadKind(value["kind"])])
                return f"{kind} {value['id']}"
        return str(value)
