"""Set the meaning of a site's deal status, for example that the deal is won."""

from collections.abc import Collection

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.errors import InvalidSetting
from dealtrace.leads.limits import LABEL_LENGTH_MAX
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.reports.statuses import Meaning, is_status, status_key
from dealtrace.storage.accounts.revision import raise_revision
from dealtrace.storage.reports.statuses import add_spellings, is_site_full, list_left_out, list_statuses, update_meaning


def set_status(work: Work, name: str, meaning: str) -> bool:
    """Set the meaning of a status in one transaction; return `False` if no deal of the site ever had the status.

    If the site has no room for further statuses, this reads all its deals while nobody else can write. Where that takes
    too long, run the three steps (`prepare_status`, `list_left_out`, `store_status`) in separate transactions instead.

    Raises:
        InvalidSetting: the name is blank, a placeholder or too long, or the meaning is unknown.
    """
    prepared = prepare_status(work, name, meaning)
    left_out = list_left_out(work.connection, work.site.id, name) if prepared.is_full else ()
    store_status(work, prepared, left_out)
    return prepared.is_seen or bool(left_out)


@record
class PreparedStatus:
    """A status whose meaning is about to be set.

    Deals may spell the same status differently, such as `Won` and `won`. The site stores each spelling, up to a limit.
    `is_seen` is true if at least one spelling of the status is stored. If `is_full` is true, the limit has been
    reached, so deals may have further spellings that are not stored; `list_left_out` finds them.
    """

    name: str
    meaning: Meaning
    is_seen: bool
    is_full: bool


def prepare_status(work: Work, name: str, meaning: str) -> PreparedStatus:
    """Check a status and its new meaning; from now on, the site stores every new spelling of the status.

    If the site has no room for further statuses, `name` is stored with the current meaning of the status, because a
    site stores the spellings of statuses that it knows. The spellings that deals already have can then be found outside
    a transaction, while other transactions write. No figure changes until all spellings get the new meaning.

    Raises:
        InvalidSetting: the name is blank, a placeholder or too long, or the meaning is unknown.
    """
    after, key = read_status(name, meaning), status_key(name)
    lock_registrations(work)
    stored = list_statuses(work.connection, work.site.id)
    prepared = PreparedStatus(
        name,
        after,
        is_seen=any(status_key(status.spelling) == key for status in stored),
        is_full=is_site_full(work.connection, work.site.id),
    )
    if prepared.is_full and not prepared.is_seen:
        add_spellings(work.connection, work.site.id, [name], Meaning.OPEN, work.now)
        raise_revision(work.connection)
    return prepared


def store_status(work: Work, prepared: PreparedStatus, left_out: Collection[str] = ()) -> None:
    """Set the meaning of a prepared status in all its spellings; those in `left_out` are not stored yet."""
    lock_registrations(work)
    key = status_key(prepared.name)
    stored = list_statuses(work.connection, work.site.id)
    before = next((status.meaning for status in stored if status_key(status.spelling) == key), Meaning.OPEN)
    update_meaning(work.connection, work.site.id, [prepared.name, *left_out], prepared.meaning, work.now)
    record_change(work, work.site.id, ChangeKind.STATUS, prepared.name.strip(), before=before, after=prepared.meaning)
    raise_revision(work.connection)


def read_status(name: str, meaning: str) -> Meaning:
    """Return the meaning that a person typed for a status.

    Raises:
        InvalidSetting: the name is blank, a placeholder or too long, or the meaning is unknown.
    """
    if not is_status(name) or len(name) > LABEL_LENGTH_MAX:
        raise InvalidSetting(
            key="NAME",
            ru=f"ожидается статус длиной от 1 до {LABEL_LENGTH_MAX} символов; (not set) означает, что статуса нет",
            en=f"a status of 1 to {LABEL_LENGTH_MAX} characters is expected; (not set) means that there is no status",
        )
    if meaning not in list(Meaning):
        known = ", ".join(Meaning)
        raise InvalidSetting(key="MEANING", ru=f"ожидается одно из: {known}", en=f"expected one of: {known}")
    return Meaning(meaning)
