"""Remove custom fields from a site."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.errors import InvalidSetting
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.storage.accounts import custom_fields, revision


def remove_custom_field(
    connection: Connection, site_id: int, name: str, now: datetime, user_id: int | None = None
) -> None:
    """Remove a field from a site: values sent as `custom[name]` are ignored from now on; stored values are kept.

    Raises:
        SiteNotFound: there is no such site.
        InvalidSetting: the site has no such field.
    """
    require_site(connection, site_id)
    if not custom_fields.delete_custom_field(connection, site_id, name):
        raise InvalidSetting(
            key="name",
            ru=f"у сайта нет поля {name}. Список: dealtrace field list {site_id}",
            en=f"the site has no field {name}. To list fields: dealtrace field list {site_id}",
        )
    record_change(connection, site_id, SiteChange(ChangeKind.FIELD, name, name, "", now, user_id))
    revision.raise_revision(connection)
