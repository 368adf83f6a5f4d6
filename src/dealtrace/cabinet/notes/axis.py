"""The notes under a chart: notes that people wrote, changes to settings that affect figures, and days without data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime

from sqlalchemy import Connection

from dealtrace.accounts.figure_changes import MOVING_KINDS, may_change_figures
from dealtrace.accounts.request_masking import masked_text
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.cabinet.change_sentences import change_sentence
from dealtrace.cabinet.formats import clock_time
from dealtrace.cabinet.notes.gap_sentences import gap_sentence
from dealtrace.cabinet.view import View
from dealtrace.record import record
from dealtrace.reports.metrics import Metric
from dealtrace.reports.periods import Period
from dealtrace.reports.reading.gaps import Gap
from dealtrace.reports.saved_items.notes import Note
from dealtrace.storage.accounts.change_history import list_site_changes
from dealtrace.storage.accounts.users import find_logins
from dealtrace.storage.reports.notes import list_notes

SHOWN_MAX = 100
"""Ours: the maximum number of notes under a chart; the latest are shown, with the number of notes left out."""
READ_MAX = 5_000
"""The maximum number of changes to the site that are read for a chart or for the list of notes.

Fewer are shown, since most changes to rates affect no figures.
"""


@record
class AxisNote:
    """A note under a chart: its day, its `text`, and its author and time (`by`)."""

    day_on: date
    text: str
    by: str


@record
class AxisNotes:
    """The notes under a chart, earliest day first; `left` is the number of notes of the period that are not shown."""

    shown: tuple[AxisNote, ...] = ()
    left: int = 0


NO_NOTES = AxisNotes()


@record
class PeriodNotes:
    """The notes and the changes to settings in a period, and the logins of their authors by user id.

    `left` is the number of earlier notes and changes in the period that are left out.
    """

    period: Period
    notes: Sequence[Note] = ()
    changes: Sequence[SiteChange] = ()
    logins: Mapping[int, str] = field(default_factory=dict)
    left: int = 0


def read_axis(connection: Connection, site: Site, period: Period) -> PeriodNotes:
    """Return the notes and the changes to settings in a period; changes that affect no figures are left out."""
    all_notes, all_moving = list_notes(connection, site.id, period), list_moving_changes(connection, site, period)
    notes, moving = all_notes[:SHOWN_MAX], all_moving[:SHOWN_MAX]
    left = len(all_notes) - len(notes) + len(all_moving) - len(moving)
    people = {note.user_id for note in notes} | {change.user_id for change in moving}
    logins = find_logins(connection, {user_id for user_id in people if user_id is not None})
    return PeriodNotes(period, notes, moving, logins, left)


def list_moving_changes(connection: Connection, site: Site, period: Period | None = None) -> list[SiteChange]:
    """List the changes that may have changed figures, newest first; with `period`, only those made on its days.

    At most `READ_MAX` changes are read to find them.
    """
    changes = list_site_changes(
        connection,
        site.id,
        most=READ_MAX,
        kinds={*MOVING_KINDS, ChangeKind.SETTING},
        since=day_start(period.first_on, site.time_zone) if period is not None else None,
        until=day_end(period.last_on, site.time_zone) if period is not None else None,
    )
    return [change for change in changes if may_change_figures(change, site.time_zone)]


def axis_notes(axis: PeriodNotes, gaps: Sequence[tuple[Metric, Gap]], view: View) -> AxisNotes:
    """Return the notes under a chart as strings, earliest day first; `gaps` are the days without data.

    Days without data are noted only as far as the other notes leave room; if there is too little room, the
    earliest of these days are left out. Contacts in notes are masked for people who may not see them.
    """
    language, zone = view.language, view.current_site.time_zone

    def written_at(user_id: int | None, at: datetime) -> str:
        return f"{author_label(axis.logins, user_id, view.translate)}, {clock_time(language, at, zone)}"

    written = [AxisNote(note.day_on, note.text, written_at(note.user_id, note.added_at)) for note in axis.notes]
    automatic = [
        AxisNote(
            site_day(change.changed_at, zone),
            change_sentence(change, language, view.translate, {}),
            written_at(change.user_id, change.changed_at),
        )
        for change in axis.changes
    ]
    without_data = [
        AxisNote(
            max(gap.first_on, axis.period.first_on),
            gap_sentence(metric, gap, language, view.translate),
            view.translate("noted automatically"),
        )
        for metric, gap in gaps
    ]
    without_data.sort(key=lambda note: note.day_on, reverse=True)
    room = max(SHOWN_MAX - len(written) - len(automatic), 0)
    notes = sorted([*written, *automatic, *without_data[:room]], key=lambda note: note.day_on)[-SHOWN_MAX:]
    left = axis.left + len(written) + len(automatic) + len(without_data) - len(notes)
    return AxisNotes(tuple(replace(note, text=shown_text(note.text, view)) for note in notes), left)


def shown_text(text: str, view: View) -> str:
    """Return a note with contacts, which even names of statuses may have, masked if the person may not see them."""
    return text if view.may_see_contacts else masked_text(text)


def author_label(logins: Mapping[int, str], user_id: int | None, translate: Callable[[str], str]) -> str:
    """Return a string that names the author of a change: a login, a deleted user, or a command on the server."""
    if user_id is None:
        return translate("by a command on the server")
    return logins.get(user_id) or translate("a deleted user")
