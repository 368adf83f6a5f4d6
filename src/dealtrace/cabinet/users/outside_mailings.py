"""The reports and alerts that are sent to people who are not users, as the pages of users list them."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from dealtrace.accounts.rights import Rights
from dealtrace.accounts.site import Site
from dealtrace.alerts.rule import Alert
from dealtrace.alerts.sentences import rule_sentence
from dealtrace.errors import Language
from dealtrace.operations.alerts.outside_addresses import list_outside_mailings
from dealtrace.operations.reports.column_metrics import find_column_metrics
from dealtrace.record import record
from dealtrace.storage.accounts.users import find_logins, list_rights

STOP_ADDRESSES = "stop_addresses"
"""The value of `act` with which a form stops the e-mails of a report or alert to people who are not users."""
PLACE = "settings/users"
"""The path of the page of users below a site; on it, e-mails to people who are not users can be stopped."""


@record
class OutsideLine:
    """A report or an alert: its name, the URL of its page, its addresses, and the people who set it up.

    `authors` pairs each login, empty for a deleted user, with whether the person has lost their role on the site.
    """

    name: str
    url: str
    addresses: Sequence[str]
    authors: Sequence[tuple[str, bool]]

    @property
    def has_lost_author(self) -> bool:
        """Return whether somebody who set up the report or alert has lost their role on the site."""
        return any(is_gone for _, is_gone in self.authors)


def list_outside_lines(
    connection: Connection, site: Site, language: Language, author_id: int | None = None
) -> list[OutsideLine]:
    """List the reports and alerts of a site that are sent to people who are not users.

    With `author_id`, only what this author set up is listed. Reports and alerts whose author has lost their role come
    first.
    """
    mailings = [
        each for each in list_outside_mailings(connection, site.id) if author_id is None or author_id in each.author_ids
    ]
    if not mailings:
        return []
    here = {whose.user.id for whose in list_rights(connection) if whose.role_at(site.id) is not None}
    logins = find_logins(connection, {user_id for each in mailings for user_id in each.author_ids})
    columns = find_column_metrics(connection, site)
    lines = []
    for each in mailings:
        is_alert = isinstance(each.about, Alert)
        name = rule_sentence(each.about.rule, language, columns) if isinstance(each.about, Alert) else each.about.title
        url = f"/cabinet/{site.id}/settings/{'alerts' if is_alert else 'mail-reports'}/{each.about.id}"
        authors = [(logins.get(user_id, ""), user_id not in here) for user_id in each.author_ids]
        lines.append(OutsideLine(name, url, each.addresses, authors))
    return sorted(lines, key=lambda line: not line.has_lost_author)


def lines_by_site(
    connection: Connection, sites: Collection[Site], whose: Rights, language: Language
) -> list[tuple[Site, bool, list[OutsideLine]]]:
    """List, by site, the reports and alerts that a person set up for people who are not users.

    Each site comes with a boolean, which is true if the person has no role there; the e-mails are sent even then.
    """
    listed = (
        (site, whose.role_at(site.id) is None, list_outside_lines(connection, site, language, whose.user.id))
        for site in sites
    )
    return [each for each in listed if each[2]]
