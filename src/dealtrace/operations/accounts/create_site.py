"""Create sites."""

import secrets
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.counter_code import COUNTER_CODE_ALPHABET, COUNTER_CODE_LENGTH
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.errors import NameTaken
from dealtrace.operations.accounts.change_site_settings import checked_name
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.storage.accounts import sites


def create_site(connection: Connection, site: Site, now: datetime, user_id: int | None = None) -> Site:
    """Create a site and return it; an id of 0 stands for the next free id, an empty counter code for a random code.

    If a user creates the site, its creation is recorded as its first change.

    Raises:
        InvalidSetting: the name is empty or too long.
        NameTaken: another site has this id.
    """
    site = replace(site, name=checked_name("name", site.name))
    if not site.id:
        site = replace(site, id=sites.next_site_id(connection))
    elif sites.find_site(connection, site.id) is not None:
        raise NameTaken(name=f"site {site.id}")
    if not site.counter_code:
        site = replace(site, counter_code=_new_counter_code())
    sites.insert_site(connection, site, now)
    if user_id is not None:
        record_change(connection, site.id, SiteChange(ChangeKind.SETTING, "name", "", site.name, now, user_id))
    return site


def _new_counter_code() -> str:
    """Return a random code of eight characters, one of 36^8 possible codes."""
    return "".join(secrets.choice(COUNTER_CODE_ALPHABET) for _ in range(COUNTER_CODE_LENGTH))
