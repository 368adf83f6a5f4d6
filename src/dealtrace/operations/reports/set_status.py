"""Set the meaning of a site's deal status, for example that the deal is won."""

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.errors import InvalidSetting
from dealtrace.leads.limits import LABEL_LENGTH_MAX
from dealtrace.operations.accounts.record_change import record_work
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.reports.statuses import Meaning, status_key
from dealtrace.storage.accounts.revision import raise_revision
from dealtrace.storage.reports.statuses import list_statuses, update_meaning


def set_status(work: Work, name: str, meaning: str) -> bool:
    """Set the meaning of a status in all its spellings; return `False` if no deal of the site ever had the status.

    Raises:
        InvalidSetting: the name is blank or too long, or the meaning is unknown.
    """
    after = read_status(name, meaning)
    lock_registrations(work)
    key = status_key(name)
    stored = list_statuses(work.connection, work.site.id)
    before = next((status.meaning for status in stored if status_key(status.spelling) == key), Meaning.OPEN)
    is_seen = update_meaning(work.connection, work.site.id, name, after, work.now)
    record_work(work, ChangeKind.STATUS, name.strip(), before=before, after=meaning)
    raise_revision(work.connection)
    return is_seen


def read_status(name: str, meaning: str) -> Meaning:
    """Return the meaning that a person typed for a status.

    Raises:
        InvalidSetting: the name is blank or too long, or the meaning is unknown.
    """
    if not status_key(name) or len(name) > LABEL_LENGTH_MAX:
        raise InvalidSetting(
            key="NAME",
            ru=f"ожидается статус длиной от 1 до {LABEL_LENGTH_MAX} символов",
            en=f"a status of 1 to {LABEL_LENGTH_MAX} characters is expected",
        )
    if meaning not in list(Meaning):
        known = ", ".join(Meaning)
        raise InvalidSetting(key="MEANING", ru=f"ожидается одно из: {known}", en=f"expected one of: {known}")
    return Meaning(meaning)
