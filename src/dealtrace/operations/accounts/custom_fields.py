"""Add custom fields to a site, and remove them."""

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.leads.limits import CUSTOM_NAME_LENGTH_MAX
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.work import AccountWork
from dealtrace.plain_text import stripped
from dealtrace.storage.accounts import custom_fields, revision


def add_custom_field(work: AccountWork, site_id: int, name: str) -> None:
    """Add a field to a site, so that values sent as `custom[name]` are stored from now on.

    Spaces and invisible characters around the name are removed.

    Raises:
        SiteNotFound: there is no such site.
        InvalidSetting: the name is empty or too long.
        NameTaken: the site has this field already.
    """
    require_site(work.connection, site_id)
    name = stripped(name)
    if not 0 < len(name) <= CUSTOM_NAME_LENGTH_MAX:
        limit = CUSTOM_NAME_LENGTH_MAX
        raise InvalidSetting(
            key="name", ru=f"нужно от 1 до {limit} символов", en=f"1 to {limit} characters are expected"
        )
    taken = map(stripped, custom_fields.list_custom_fields(work.connection, site_id))
    if name in taken or not custom_fields.insert_custom_field(work.connection, site_id, name, work.now):
        raise NameTaken(name=name)
    record_change(work, site_id, ChangeKind.FIELD, name, after=name)
    revision.raise_revision(work.connection)


def remove_custom_field(work: AccountWork, site_id: int, name: str) -> None:
    """Remove a field from a site: values sent as `custom[name]` are ignored from now on; stored values are kept.

    Raises:
        SiteNotFound: there is no such site.
        InvalidSetting: the site has no such field.
    """
    require_site(work.connection, site_id)
    if not custom_fields.delete_custom_field(work.connection, site_id, name):
        raise InvalidSetting(
            key="name",
            ru=f"у сайта нет поля {name}. Список: dealtrace field list {site_id}",
            en=f"the site has no field {name}. To list fields: dealtrace field list {site_id}",
        )
    record_change(work, site_id, ChangeKind.FIELD, name, before=name)
    revision.raise_revision(work.connection)
