"""Find out whether the last backup of the database is too old."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from dealtrace.operations.overview.problems import Problem, ProblemKind
from dealtrace.storage.accounts.installation import find_last_backup
from dealtrace.storage.accounts.users import find_first_creation


def find_old_backup(connection: Connection, now: datetime, days_max: int) -> Problem | None:
    """Return a problem if the last backup is older than `days_max` days or a SQLite file has no backup, else `None`.

    Ours: only backups by `dealtrace backup` are known, but not those by earlier releases. PostgreSQL is usually
    backed up by its own tools, so a missing backup is a problem only with SQLite, once the first user was created more
    than `days_max` days ago. The age of the sites does not count, because the site of a demo is dated a year
    back. A backup dated in the future comes from a wrong clock and is ignored. A `days_max` of 0 means that backups are
    made by other means; the result is then always `None`.
    """
    if not days_max:
        return None
    age_max = timedelta(days=days_max)
    finished_at = find_last_backup(connection)
    if finished_at is not None and finished_at <= now:
        is_old = now - finished_at > age_max
        return Problem(ProblemKind.BACKUP_OLD, count=(now - finished_at).days, since=finished_at) if is_old else None
    created_at = find_first_creation(connection) if connection.dialect.name == "sqlite" else None
    is_due = created_at is not None and now - created_at > age_max
    return Problem(ProblemKind.NO_BACKUP, since=created_at) if is_due else None
