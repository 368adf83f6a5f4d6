"""Share reports through links that require no login, and revoke the links."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from dealtrace.accounts.shared_link import (
    DAYS_OFFERED,
    SHARED_KEY_BYTES,
    SHARED_LINKS_MAX,
    SharedLink,
)
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.accounts.token import token_digest
from dealtrace.errors import InvalidSetting
from dealtrace.operations.work import AccountWork, Work
from dealtrace.record import record
from dealtrace.reports.saved_items.names import check_has_room, check_saved_name
from dealtrace.storage.accounts import shared_links
from dealtrace.storage.accounts.change_history import insert_site_change


@record
class NewLink:
    """A link to create: its title, the query string of the report, and the number of days until the link expires."""

    name: str
    query: str
    days: int


def share_report(work: Work, new: NewLink) -> str:
    """Create a link to a report and return the link's key, which is not stored and cannot be shown again.

    Expired links of the site are deleted.

    Raises:
        InvalidSetting: the title or the number of days is not valid, or the site has too many links.
    """
    name = check_saved_name(new.name)
    if new.days not in DAYS_OFFERED:
        offered = ", ".join(map(str, DAYS_OFFERED))
        raise InvalidSetting(key="days", ru=f"ожидается одно из: {offered}", en=f"expected one of: {offered}")
    shared_links.delete_expired_links(work.connection, work.site.id, work.now)
    check_has_room(shared_links.count_shared_links(work.connection, work.site.id), SHARED_LINKS_MAX)
    key = secrets.token_urlsafe(SHARED_KEY_BYTES)
    expires_at = work.now + timedelta(days=new.days)
    link = SharedLink(token_digest(key), work.site.id, name, new.query, work.user_id, work.now, expires_at)
    shared_links.insert_shared_link(work.connection, link)
    made = SiteChange(ChangeKind.SHARED_LINK, name, "", expires_at.date().isoformat(), work.now, work.user_id)
    insert_site_change(work.connection, work.site.id, made)
    return key


def revoke_link(work: Work, digest: str) -> bool:
    """Revoke a link of a site at once; return `False` if the site has no such link."""
    name = shared_links.delete_shared_link(work.connection, work.site.id, digest)
    if name is None:
        return False
    insert_site_change(
        work.connection, work.site.id, SiteChange(ChangeKind.SHARED_LINK, name, name, "", work.now, work.user_id)
    )
    return True


def open_link(connection: Connection, key: str, now: datetime) -> SharedLink | None:
    """Return the shared link that a key opens, or `None` if the key is wrong, revoked or expired."""
    link = shared_links.find_shared_link(connection, token_digest(key))
    return link if link is not None and link.is_valid(now) else None


def touch_link(work: AccountWork, link: SharedLink) -> SharedLink:
    """Store `now` as the time when a link was last used, and return the updated link."""
    shared_links.touch_shared_link(work.connection, link.digest, work.now)
    return replace(link, used_at=work.now)
