"""The history of a site's settings: what was changed, by whom and when, with forms that undo the latest changes."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.accounts.webhook import PAUSED, WORKS
from dealtrace.attribution.cost import CostAccount, CostImportSource
from dealtrace.cabinet.change_sentences import change_sentence
from dealtrace.cabinet.form_pages import show_form_page
from dealtrace.cabinet.labels import PLACE as WEBHOOKS_PLACE
from dealtrace.cabinet.leads.actions import DELETE, RESTORE
from dealtrace.cabinet.leads.actions import UNDO as UNDO_NOTES
from dealtrace.cabinet.links import lead_url
from dealtrace.cabinet.notes.axis import author_label
from dealtrace.cabinet.reports.saved_items.changed_words import change_in_words
from dealtrace.cabinet.reports.saved_items.page import SITES
from dealtrace.cabinet.settings import (
    alerts,
    columns,
    costs,
    currency_rates,
    fields,
    hosts,
    mail_reports,
    site,
    statuses,
)
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.agreed import TRY
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.missed_calls import RingBack
from dealtrace.operations.accounts.record_change import is_cut
from dealtrace.operations.alerts.former_rules import ALERT_PARTS
from dealtrace.operations.leads.change_in_cabinet import DELETED, NOTED, RESTORED
from dealtrace.operations.leads.mark_missed_calls import TO_RETURN
from dealtrace.operations.mails.scheduled_reports import REPORT_PARTS
from dealtrace.operations.reports.column_metrics import find_column_metrics
from dealtrace.record import record
from dealtrace.reports.column_definitions import ColumnKind, parse_formatted_column
from dealtrace.reports.column_formulas import format_formula
from dealtrace.reports.metrics import Metric
from dealtrace.reports.statuses import status_key
from dealtrace.storage.accounts.change_history import list_site_changes
from dealtrace.storage.accounts.users import find_logins, list_rights

_TRIED = ("act", TRY)
_STATE = "state"
_PARTS: Mapping[ChangeKind, Sequence[str]] = {
    ChangeKind.ALERT: ALERT_PARTS,
    ChangeKind.MAIL_REPORT: REPORT_PARTS,
    ChangeKind.WEBHOOK: ("url", "events", "fields", _STATE),
}
"""The parts of an alert, scheduled report or webhook; changes to each part are recorded and undone separately."""
_FILTER = re.compile(r"(?:\\.|[^\\,])+")
CHANGES_SHOWN = 500


@record
class Undo:
    """A form that undoes a change: its path below the site, and its fields as names and values.

    If undoing affects figures, the page at this path first shows the effect and asks for confirmation.
    """

    place: str
    fields: tuple[tuple[str, str], ...]


def undo_of(change: SiteChange, user_ids: Mapping[str, int]) -> Undo | None:
    """Return the form that undoes a change, or `None` if nothing can undo it.

    `user_ids` are the ids of the site's users by login. The form restores the value that the change replaced, whatever
    the value is now.
    """
    find = UNDO.get(change.kind)
    if change.kind in (ChangeKind.SEGMENT, ChangeKind.SAVED_REPORT):
        was = (change.former or {}).get("question", change.before)
        return find(replace(change, before=was), user_ids) if find is not None and not is_cut(was) else None
    if find is None or is_cut(change.before) or is_cut(change.after):
        return None
    return find(change, user_ids)


def names_of(change: SiteChange) -> set[str]:
    """Return names of what was changed, such as a setting or a column; changes to the same thing have a name in common.

    If a change renames something, both names are returned. The names for an import of rates are its currencies. The
    names for costs combine the account with each of the days.
    """
    match change.kind:
        case ChangeKind.STATUS:
            names = {status_key(change.name)}
        case ChangeKind.RATE:
            names = set(change.name.split(", "))
        case ChangeKind.COSTS:
            names = _account_days(change)
        case ChangeKind.COLUMN:
            after = parse_formatted_column(change.after)
            names = {change.name, after.name} if after is not None else {change.name}
        case ChangeKind.ALERT | ChangeKind.MAIL_REPORT | ChangeKind.WEBHOOK:
            names = _parts_of(change)
        case ChangeKind.SEGMENT | ChangeKind.SAVED_REPORT if change.before == change.name and change.after:
            names = {change.name, change.after}
        case _:
            names = {change.name}
    return names


def _setting(change: SiteChange, _user_ids: Mapping[str, int]) -> Undo | None:
    key = change.name
    if key == "name" and not change.before:  # the site was created
        return None
    is_off = key in site.SWITCHES and change.before == "off"
    value = () if is_off else ((key, change.before),)
    return Undo(site.PLACE, ((f"{site.SHOWN}{key}", change.after), *value, _TRIED))


def _status(change: SiteChange, _user_ids: Mapping[str, int]) -> Undo:
    return Undo(statuses.PLACE, (("name", change.name), ("meaning", change.before), _TRIED))


def _column(change: SiteChange, _user_ids: Mapping[str, int]) -> Undo | None:
    before, after = parse_formatted_column(change.before), parse_formatted_column(change.after)
    if before is None:
        return Undo(f"{columns.PLACE}/remove", (("name", change.name),)) if after is not None else None
    formula = (("formula", format_formula(before.formula)),) if before.formula is not None else ()
    replaced = (("before", after.name),) if after is not None else ()
    listed = tuple(("status", status) for status in before.statuses)
    return Undo(columns.PLACE, (("name", before.name), ("kind", ColumnKind(before.kind)), *listed, *formula, *replaced))


def _field(change: SiteChange, _user_ids: Mapping[str, int]) -> Undo:
    return Undo(fields.PLACE if change.before else f"{fields.PLACE}/remove", (("name", change.name),))


def _host(change: SiteChange, _user_ids: Mapping[str, int]) -> Undo:
    if not change.before:
        kind = change.after.partition(" ")[0]
        return Undo(f"{hosts.PLACE}/remove", (("which", f"{kind} {change.name}"),))
    kind, _, source = change.before.partition(" ")
    return Undo(hosts.PLACE, (("kind", kind), ("host", change.name), ("name", source)))


def _role(change: SiteChange, user_ids: Mapping[str, int]) -> Undo | None:
    if not change.after or change.name not in user_ids:  # a person who has lost a role must be invited again
        return None
    return Undo("settings/users/role", (("user", str(user_ids[change.name])), ("role", change.before)))


def _account_days(change: SiteChange) -> set[str]:
    """Return the account of an import or deletion of costs, with each day from the first to the last of them."""
    first_on, last_on = map(date.fromisoformat, (change.after or change.before).split())
    return {f"{change.name} {day}" for day in range(first_on.toordinal(), last_on.toordinal() + 1)}


def _parts_of(change: SiteChange) -> set[str]:
    """Return the changed parts, each preceded by the id of its alert, scheduled report or webhook.

    Adding or removing an alert, report or webhook changes all its parts.
    """
    former, parts = change.former or {}, _PARTS[change.kind]
    number = str(former.get("id", change.name.partition(" ")[0] if change.kind is ChangeKind.WEBHOOK else change.name))
    changed = set(former) & set(parts) if "style" not in former else set(parts)
    if not changed and change.kind is ChangeKind.WEBHOOK:
        of_state = {change.before, change.after} <= {"", WORKS, PAUSED}
        changed = ({_STATE} if change.before and change.after else set(parts)) if of_state else {"secret"}
    return {f"{number} {part}" for part in changed or parts}


def _alert(change: SiteChange, _user_ids: Mapping[str, int]) -> Undo | None:
    return _of_former(change, alerts.PLACE, lambda number: Undo(f"{alerts.PLACE}/{number}", (("act", "remove"),)))


def _mail_report(change: SiteChange, _user_ids: Mapping[str, int]) -> Undo | None:
    place = mail_reports.PLACE
    return _of_former(change, place, lambda number: Undo(f"{place}/remove", (("report", number),)))


def _of_former(change: SiteChange, place: str, removal: Callable[[str], Undo]) -> Undo | None:
    """Return the form that removes what was added, brings back what was removed, or restores the former value.

    The former value is read from the history when the form is sent, because the page of changes must
    contain neither recipients nor the URLs of webhooks.
    """
    if change.former is None:
        return None
    number, act = str(change.former["id"]), (("act", "undo"), ("change", change.key))
    if len(change.former) == 1:
        return removal(number)
    is_removed = set(change.former) >= set(_PARTS[change.kind])
    return Undo(place if is_removed else f"{place}/{number}", act)


def _webhook(change: SiteChange, _user_ids: Mapping[str, int]) -> Undo | None:
    if change.former is not None:
        place = WEBHOOKS_PLACE if "style" in change.former else f"{WEBHOOKS_PLACE}/{change.former['id']}"
        return Undo(place, (("act", "undo"), ("change", change.key)))
    acts = {(WORKS, PAUSED): "resume", (PAUSED, WORKS): "pause"}
    act, number = acts.get((change.before, change.after)), change.name.partition(" ")[0]
    return Undo(f"settings/webhooks/{number}", (("act", act),)) if act and number.isdecimal() else None


def _segment(change: SiteChange, _user_ids: Mapping[str, int]) -> Undo:
    filters = [("filter", text.strip()) for text in _FILTER.findall(change.before)]
    return _saved_item("reports/segments", change, urlencode(filters))


def _saved_report(change: SiteChange, _user_ids: Mapping[str, int]) -> Undo:
    return _saved_item("reports/saved", change, change.before)


def _saved_item(place: str, change: SiteChange, query: str) -> Undo:
    """Return the form that deletes an added item, gives a renamed one its old name, or saves the old `query` again."""
    whose = ("whose", SITES)
    if not change.before:
        return Undo(f"{place}/change", (("name", change.name), whose, ("act", "delete")))
    if change.before == change.name and change.after:
        return Undo(f"{place}/change", (("name", change.after), whose, ("new_name", change.before)))
    return Undo(place, (("name", change.name), whose, ("query", query), ("overwrite", "on")))


def _rate(change: SiteChange, _user_ids: Mapping[str, int]) -> Undo | None:
    rates_before, rates_after = change.before.split(), change.after.split()
    currency = ("currency", change.name)
    match rates_before, rates_after:
        case [rubles, since], ([] | [_, _]) if ", " not in change.name:
            return Undo(currency_rates.PLACE, (currency, ("rubles", rubles), ("since", since)))
        case [], [_, since]:
            return Undo(f"{currency_rates.PLACE}/remove", (currency, ("since", date.fromisoformat(since).isoformat())))
    return None


def _costs(change: SiteChange, _user_ids: Mapping[str, int]) -> Undo | None:
    if not change.after or change.former is None:
        return None
    since, until = change.after.split()
    length = (date.fromisoformat(until) - date.fromisoformat(since)).days + 1
    if change.former.get("days") != length:  # the days between may have costs of other imports
        return None
    account = CostAccount(change.former["system"], change.former["account"], CostImportSource(change.former["origin"]))
    return Undo(f"{costs.PLACE}/remove", (("of", costs.account_value(account)), ("since", since), ("until", until)))


def _lead(change: SiteChange, _user_ids: Mapping[str, int]) -> Undo | None:
    acts, (kind, _, number) = {DELETED: RESTORE, RESTORED: DELETE}, change.name.partition(" ")
    place = lead_url(0, LeadRef(LeadKind(kind), int(number))).removeprefix("/cabinet/0/")
    if change.after in (NOTED, TO_RETURN, *RingBack):
        return Undo(place, (("act", UNDO_NOTES), ("version", change.before))) if change.before else None
    return Undo(place, (("act", acts[change.after]),)) if change.after in acts else None


def _note(change: SiteChange, _user_ids: Mapping[str, int]) -> Undo:
    day_on, _, text = change.name.partition(" ")
    if change.after:
        return Undo("notes/remove", (("note", change.after),))
    return Undo("notes", (("day", day_on), ("text", text)))


UNDO: Mapping[ChangeKind, Callable[[SiteChange, Mapping[str, int]], Undo | None]] = {
    ChangeKind.SETTING: _setting,
    ChangeKind.STATUS: _status,
    ChangeKind.COLUMN: _column,
    ChangeKind.FIELD: _field,
    ChangeKind.HOST: _host,
    ChangeKind.ROLE: _role,
    ChangeKind.WEBHOOK: _webhook,
    ChangeKind.SEGMENT: _segment,
    ChangeKind.SAVED_REPORT: _saved_report,
    ChangeKind.RATE: _rate,
    ChangeKind.COSTS: _costs,
    ChangeKind.LEAD: _lead,
    ChangeKind.NOTE: _note,
    ChangeKind.MAIL_REPORT: _mail_report,
    ChangeKind.ALERT: _alert,
}
"""The kinds of change that can be undone, each with a function that builds the form for undoing such a change.

All other kinds are in `FINAL`.
"""
FINAL: Mapping[ChangeKind, str] = {
    ChangeKind.TOKEN: "a revoked token stays revoked: issue another one",
    ChangeKind.SHARED_LINK: "a revoked link stays revoked: make another one",
    ChangeKind.IMPORT: "undo the import on the page of imports",
    ChangeKind.PAST: "undo the change to the settings, and apply the settings to the past again",
    ChangeKind.DEMO: "remove the demo on its page",
    ChangeKind.ERASURE: "an erasure is final",
}
"""The kinds of change that the page “Changes” cannot undo, each with the reason or with what to do instead."""
FINAL_IN_PART: Mapping[ChangeKind, str] = {
    ChangeKind.WEBHOOK: "a replaced secret cannot be restored; a deleted webhook comes back with another secret, which "
    "its receiver needs, and without its messages",
    ChangeKind.ROLE: "a person who has lost a role must be invited again",
    ChangeKind.COSTS: "if costs were deleted or replaced by an import, import their previous file again; "
    "if costs were imported for days with gaps between them, delete them on the page of costs",
    ChangeKind.RATE: "to change rates from a file, import another file",
    ChangeKind.LEAD: "if notes were changed again since, perhaps by a program, correct them on the page of the lead",
}
"""The kinds of change that cannot always be undone, each with the reason why not, or with what to do instead."""
assert set(FINAL_IN_PART) <= set(UNDO)
assert set(UNDO) | set(FINAL) == set(ChangeKind)
assert not set(UNDO) & set(FINAL)


@record
class ChangeLine:
    """A line of the list of changes: the change's time, author and text, and the form that undoes it, if any."""

    changed_at: datetime
    author: str
    text: str
    undo: Undo | None


@record
class _History:
    """The changes, the logins of their authors by id, the ids of the site's users by login, and the site's columns."""

    changes: Sequence[SiteChange]
    authors: Mapping[int, str]
    members: Mapping[str, int]
    columns: Mapping[str, Metric]


async def show(view: View) -> Response:
    """Show the latest changes, newest first."""
    history = await view.read(_read, view.current_site)
    return show_form_page(
        view,
        "settings/changes.html",
        view.translate("Changes"),
        lines=[_line(view, change, history, undo) for change, undo in _with_undo(history)],
        most=CHANGES_SHOWN,
    )


def _line(view: View, change: SiteChange, history: _History, undo: Undo | None) -> ChangeLine:
    author = author_label(history.authors, change.user_id, view.translate)
    worded = change_in_words(change, view.language, history.columns)
    return ChangeLine(
        change.changed_at, author, change_sentence(worded, view.language, view.translate, history.columns), undo
    )


def _with_undo(history: _History) -> Iterator[tuple[SiteChange, Undo | None]]:
    """Yield each change with its undo form, or with `None` in place of the form.

    The form is `None` if the change cannot be undone, or if the same setting, status or the like was changed later.

    Ours: an older change can be undone only after later ones, so that nobody loses a later change without seeing it.
    """
    seen: set[tuple[ChangeKind, str]] = set()
    for change in history.changes:
        things = {(change.kind, name) for name in names_of(change)}
        yield change, undo_of(change, history.members) if not things & seen else None
        seen |= things


def _read(connection: Connection, site: Site) -> _History:
    changes = list_site_changes(connection, site.id, most=CHANGES_SHOWN)
    authors = find_logins(connection, {each.user_id for each in changes if each.user_id is not None})
    members = {each.user.login: each.user.id for each in list_rights(connection, site.id)}
    return _History(changes, authors, members, find_column_metrics(connection, site))
