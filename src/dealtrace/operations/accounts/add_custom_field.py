"""Add custom fields to a site."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.leads.limits import CUSTOM_NAME_LENGTH_MAX
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.storage.accounts import custom_fields, revision


def add_custom_field(
    connection: Connection, site_id: int, name: str, now: datetime, user_id: int | None = None
) -> None:
    """Add a field to a site, so that values sent as `custom[name]` are stored from now on.

    Raises:
        SiteNotFound: there is no such site.
        InvalidSetting: the name is empty or too long.
        NameTaken: the site has this field already.
    """
    require_site(connection, site_id)
    if not 0 < len(name) <= CUSTOM_NAME_LENGTH_MAX:
        limit = CUSTOM_NAME_LENGTH_MAX
        raise InvalidSetting(
            key="name", ru=f"нужно от 1 до {limit} символов", en=f"1 to {limit} characters are expected"
        )
    if not custom_fields.insert_custom_field(connection, site_id, name, now):
        raise NameTaken(name=name)
    record_change(connection, site_id, SiteChange(ChangeKind.FIELD, name, "", name, now, user_id))
    revision.raise_revision(connection)
