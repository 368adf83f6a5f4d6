"""Add custom fields to a site."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.errors import InvalidSetting, NameTaken, SiteNotFound
from dealtrace.storage.accounts import custom_fields, revision, sites


def add_custom_field(connection: Connection, site_id: int, name: str, now: datetime) -> None:
    """Add a field to a site: from now on deals keep what callers send as `custom[name]`.

    Raises:
        SiteNotFound: there is no such site.
        InvalidSetting: no name, or too long a one.
        NameTaken: the site has it.
    """
    if sites.find_site(connection, site_id) is None:
        raise SiteNotFound(site_id=site_id)
    if not 0 < len(name) <= custom_fields.FIELD_NAME_LENGTH_MAX:
        limit = custom_fields.FIELD_NAME_LENGTH_MAX
        raise InvalidSetting(key="name", ru=f"от 1 до {limit} символов", en=f"1 to {limit} characters are expected")
    if not custom_fields.insert_custom_field(connection, site_id, name, now):
        raise NameTaken(name=name)
    revision.raise_revision(connection)
