"""Add custom fields to a site."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.storage.accounts import custom_fields, revision


def add_custom_field(connection: Connection, site_id: int, name: str, now: datetime) -> None:
    """Add a field to a site, so that values sent as `custom[name]` are stored from now on.

    Raises:
        SiteNotFound: there is no such site.
        InvalidSetting: the name is empty or too long.
        NameTaken: the site has this field already.
    """
    require_site(connection, site_id)
    if not 0 < len(name) <= custom_fields.FIELD_NAME_LENGTH_MAX:
        limit = custom_fields.FIELD_NAME_LENGTH_MAX
        raise InvalidSetting(key="name", ru=f"от 1 до {limit} символов", en=f"1 to {limit} characters are expected")
    if not custom_fields.insert_custom_field(connection, site_id, name, now):
        raise NameTaken(name=name)
    revision.raise_revision(connection)
