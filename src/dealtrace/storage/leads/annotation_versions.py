"""The versions of annotations on leads.

The versions are stored by lead id only, since a call and a lead request never have the same id.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from dealtrace.leads.annotations import AnnotationValues, AnnotationVersion
from dealtrace.storage.database.column_types import is_among
from dealtrace.storage.database.compiled_statement import CompiledStatement, NamedRow
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.schema.tables.leads import lead_version

_LAST = CompiledStatement(
    select(lead_version.c.lead_id, func.max(lead_version.c.version).label("version"))
    .where(lead_version.c.site_id == bindparam("site_id"), is_among(lead_version.c.lead_id, "ids"))
    .group_by(lead_version.c.lead_id)
)
_DELETE = delete(lead_version).where(
    lead_version.c.site_id == bindparam("of_site"),
    lead_version.c.lead_id == bindparam("of_lead"),
    lead_version.c.version <= bindparam("until"),
)


def insert_annotation_versions(connection: Connection, site_id: int, versions: Mapping[int, AnnotationVersion]) -> None:
    """Store a new version of the annotations of each lead; `versions` has the new versions by lead id."""
    rows = [
        {
            "site_id": site_id,
            "lead_id": lead_id,
            "version": version.version,
            "recorded_at": version.recorded_at,
            "user_id": version.user_id,
            "before": version.before,
            "after": version.after,
        }
        for lead_id, version in versions.items()
    ]
    execute_many(connection, insert(lead_version), rows)


def delete_annotation_versions(connection: Connection, site_id: int, until: Mapping[int, int]) -> None:
    """Delete old versions of leads' annotations; `until` has, by lead id, the number of the last version to delete."""
    rows = [{"of_site": site_id, "of_lead": lead_id, "until": number} for lead_id, number in until.items()]
    execute_many(connection, _DELETE, rows)


def find_last_versions(connection: Connection, site_id: int, lead_ids: Collection[int]) -> dict[int, int]:
    """Find the number of each lead's last version of annotations, by lead id; leads without versions are left out."""
    found = _LAST.fetch_named(connection, {"site_id": site_id, "ids": list(lead_ids)})
    return {row.lead_id: row.version for row in found}


def list_annotation_versions(connection: Connection, site_id: int, lead_id: int) -> list[AnnotationVersion]:
    """List the versions of a lead's annotations, oldest first."""
    mine = select(lead_version).where(lead_version.c.site_id == site_id, lead_version.c.lead_id == lead_id)
    return [_version_from_row(row) for row in connection.execute(mine.order_by(lead_version.c.version))]


def _version_from_row(row: NamedRow) -> AnnotationVersion:
    return AnnotationVersion(row.version, row.recorded_at, row.user_id, _values(row.before), _values(row.after))


def _values(stored: dict[str, str | list[str] | None]) -> AnnotationValues:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
