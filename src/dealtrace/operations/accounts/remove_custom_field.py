"""Remove custom fields from a site."""

from sqlalchemy import Connection

from dealtrace.errors import InvalidSetting
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.storage.accounts import custom_fields, revision


def remove_custom_field(connection: Connection, site_id: int, name: str) -> None:
    """Remove a field from a site: values sent as `custom[name]` are no longer stored; stored values are kept.

    Raises:
        SiteNotFound: there is no such site.
        InvalidSetting: the site has no such field.
    """
    require_site(connection, site_id)
    if not custom_fields.delete_custom_field(connection, site_id, name):
        raise InvalidSetting(
            key="name",
            ru=f"у кабинета нет поля {name}. Список: dealtrace field list {site_id}",
            en=f"the site has no field {name}. To list fields: dealtrace field list {site_id}",
        )
    revision.raise_revision(connection)
