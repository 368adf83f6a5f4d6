"""The versions of a deal as strings: who changed what, what can be undone, and amounts and statuses over time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from dealtrace.attribution.traffic_source import SOURCE_PARTS
from dealtrace.cabinet.deals.details import DetailsFormatter
from dealtrace.cabinet.deals.labels import FIELDS, VERSIONS
from dealtrace.cabinet.deals.matchers import MatcherFormatter
from dealtrace.cabinet.formats import NOTHING, money
from dealtrace.cabinet.labels import LEAD_LABELS
from dealtrace.cabinet.view import View
from dealtrace.deals.status_history import statuses_by_version
from dealtrace.deals.versions import FIRST_VERSION, TIME_FIELDS, DealVersion, VersionKind, follows_matchers
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.deals.undo import UNDONE
from dealtrace.record import record
from dealtrace.storage.deals.versions import details_from_json, matchers_from_json
from dealtrace.whole_number import parse_whole_number

STATE_FIELDS = ("status", "status_since", "happened_at", "details", "amount_rub", "currency")
"""The fields of a deal whose values just before a page's first version are needed to find statuses that begin there."""
VERSIONS_SHOWN = 100
"""Ours: the maximum number of versions on a page of a deal; robots change some deals every hour."""
StoredValue = Any
"""The value of a field of a deal in stored JSON, typed Any: each field has values of its own type."""


@record
class FieldChange:
    """A field that a version changed, with its old and new value as strings."""

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
    """The funnel, status and amount of a deal from a certain time on; the funnel is empty if it was not sent."""

    since: str
    funnel: str
    status: str
    amount: str


@record
class Callers:
    """The labels of tokens and the logins of users by id; deleted users are left out."""

    tokens: Mapping[int, str]
    logins: Mapping[int, str]


def shown_versions(last: int, before: str) -> range:
    """Return the numbers of up to `VERSIONS_SHOWN` versions for a page: the latest, or those just before one version.

    `last` is the number of the deal's last version. The parameter `before` of the URL is the number of the version that
    the page ends before; it is ignored if it is not a whole number.
    """
    end = last + 1
    asked = parse_whole_number(before)
    if asked is not None:
        end = min(max(asked, FIRST_VERSION), end)
    return range(max(end - VERSIONS_SHOWN, FIRST_VERSION), end)


class DealHistoryFormatter:
    """Formats the history of a deal for a page; `callers` has the names of the tokens and users that changed it."""

    def __init__(self, view: View, callers: Callers) -> None:
        self._view = view
        self._callers = callers
        self._say = view.translate

    def versions(self, versions: Sequence[DealVersion], shown: range) -> list[VersionLine]:
        """Return, latest first and as strings, the versions of a deal whose numbers are in `shown`."""
        currencies = _currencies(versions)
        rows = zip(versions, (None, *versions), (None, *currencies), currencies, strict=False)
        return [self._version(*row) for row in rows if row[0].version in shown][::-1]

    def states(self, versions: Sequence[DealVersion], shown: range) -> list[StateLine]:
        """Return the statuses and amounts that began with the versions in `shown`, in the order of the versions.

        A status begins at the date that the CRM sent (see `status_history`), an amount when its version was recorded.
        Versions that change neither are skipped.
        """
        lines: list[StateLine] = []
        funnel = status = ""
        sums: tuple[StoredValue, str | None] = (None, None)
        begun, currencies = statuses_by_version(versions), _currencies(versions)
        for version, began, currency in zip(versions, begun, currencies, strict=True):
            since, earlier = version.recorded_at, sums
            sums = version.after.get("amount_rub", sums[0]), currency
            if began is not None:
                funnel, status, since = began.funnel, began.status, began.since
            if version.version in shown and (began is not None or sums != earlier):
                lines.append(
                    StateLine(self._view.clock_time(since), funnel, status, self._value_text("amount_rub", *sums))
                )
        return lines

    def _version(
        self, version: DealVersion, previous: DealVersion | None, earlier: str | None, currency: str | None
    ) -> VersionLine:
        return VersionLine(
            version.version,
            self._say(VERSIONS[version.kind]),
            self._view.clock_time(version.recorded_at),
            self._who(version, previous),
            tuple(self._changes(version, earlier, currency)),
            version.kind in UNDONE,
        )

    def _who(self, version: DealVersion, previous: DealVersion | None) -> str:
        if version.token_id is not None:
            label = self._callers.tokens.get(version.token_id, str(version.token_id))
            return self._say("by token %(label)s") % {"label": label}
        if version.user_id is not None:
            return self._callers.logins.get(version.user_id, self._say("a deleted user"))
        if follows_matchers(version, previous):
            return self._say("by the matching rules, because the conditions for finding the lead changed")
        if version.kind is VersionKind.MATCHED:
            return self._say("by the matching rules, because leads, visits or settings changed")
        return self._say("by a command on the server")

    def _changes(self, version: DealVersion, earlier: str | None, currency: str | None) -> Iterator[FieldChange]:
        """Yield the changes in a version; the deal's currency was `earlier` before the version, and then `currency`."""
        for name in version.after:
            if name in FIELDS and (version.before or version.after[name]):
                before = self._value_text(name, version.before.get(name), earlier)
                yield FieldChange(
                    self._say(FIELDS[name]), before, self._value_text(name, version.after[name], currency)
                )
            elif name == "details":
                before_lines = self._details(version.before.get(name), earlier)
                for field, text in self._details(version.after[name], currency).items():
                    if text != before_lines[field]:
                        yield FieldChange(field, before_lines[field] or NOTHING, text or NOTHING)

    def _details(self, value: StoredValue, currency: str | None) -> dict[str, str]:
        """Parse a deal's details from JSON, and return them as strings by their translated names."""
        return DetailsFormatter(self._view, currency).lines(details_from_json(value))

    def _value_text(self, name: str, value: StoredValue, currency: str | None) -> str:  # noqa: PLR0911 - a case for each field
        """Format the value of a field, as decoded from JSON."""
        if value in (None, "", [], {}):
            return NOTHING
        match name:
            case "amount_rub" | "margin_rub":
                return money(self._view.language, Decimal(str(value)), currency)
            case _ if name in TIME_FIELDS:
                return self._view.clock_time(datetime.fromisoformat(value))
            case "tags":
                return ", ".join(value)
            case "custom_values":
                return "; ".join(f"{field}: {text}" for field, text in value.items())
            case "stated_source":
                return " / ".join(value[part] for part in SOURCE_PARTS if value.get(part))
            case "currency":
                return str(value).upper()
            case "matchers":
                formatter = MatcherFormatter(self._view)
                return "; ".join(map(formatter.summary, matchers_from_json(value)))
            case "lead":
                kind = self._say(LEAD_LABELS[LeadKind(value["kind"])])
                return f"{kind} {value['id']}"
        return str(value)


def _currencies(versions: Sequence[DealVersion]) -> list[str | None]:
    """Return the currency of a deal after each of its versions; `None` means rubles."""
    currencies: list[str | None] = []
    for version in versions:
        currencies.append(version.after.get("currency", currencies[-1] if currencies else None))
    return currencies
