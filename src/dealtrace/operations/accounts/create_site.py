"""Create sites."""

import secrets
from dataclasses import replace

from dealtrace.accounts.counter_code import COUNTER_CODE_ALPHABET, COUNTER_CODE_LENGTH
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.errors import NameTaken
from dealtrace.operations.accounts.change_site_settings import checked_name
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.work import AccountWork
from dealtrace.storage.accounts import sites


def create_site(work: AccountWork, site: Site) -> Site:
    """Create a site and return it; an id of 0 stands for the next free id, an empty counter code for a random code.

    If a user creates the site, its creation is recorded as its first change.

    Raises:
        InvalidSetting: the name is empty or too long.
        NameTaken: another site has this id.
    """
    site = replace(site, name=checked_name("name", site.name))
    if not site.id:
        site = replace(site, id=sites.next_site_id(work.connection))
    elif sites.find_site(work.connection, site.id) is not None:
        raise NameTaken(name=f"site {site.id}")
    if not site.counter_code:
        site = replace(site, counter_code=_new_counter_code())
    sites.insert_site(work.connection, site, work.now)
    if work.user_id is not None:
        record_change(work, site.id, ChangeKind.SETTING, "name", after=site.name)
    return site


def _new_counter_code() -> str:
    """Return a random code of eight characters, one of 36^8 possible codes."""
    return "".join(secrets.choice(COUNTER_CODE_ALPHABET) for _ in range(COUNTER_CODE_LENGTH))
