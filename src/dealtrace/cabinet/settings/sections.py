"""The sections of the settings, each with its current state."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.accounts.webhook import WebhookState
from dealtrace.cabinet.form_pages import show_form_page, stored_site
from dealtrace.cabinet.formats import clock_time
from dealtrace.cabinet.view import View
from dealtrace.record import record
from dealtrace.reports.statuses import Meaning
from dealtrace.storage.accounts.custom_fields import list_unknown_fields
from dealtrace.storage.accounts.points import find_points_spent
from dealtrace.storage.accounts.shared_links import list_shared_links
from dealtrace.storage.accounts.tokens import list_tokens
from dealtrace.storage.alerts.alerts import list_alerts
from dealtrace.storage.mails.scheduled_reports import count_scheduled_reports
from dealtrace.storage.reports.arrivals import Arrivals, find_arrivals
from dealtrace.storage.reports.column_definitions import list_columns
from dealtrace.storage.reports.currency_rates import has_rates
from dealtrace.storage.reports.statuses import list_statuses
from dealtrace.storage.webhooks.webhooks import list_webhooks

GROUPS: Mapping[str, Sequence[tuple[str, str, Role]]] = {
    "Deals and reports": (
        ("settings/statuses", "Statuses", Role.ANALYST),
        ("settings/columns", "Report columns", Role.ANALYST),
        ("settings/fields", "Custom fields", Role.OWNER),
        ("settings/alerts", "Alerts", Role.ANALYST),
        ("settings/mail-reports", "Reports by e-mail", Role.ANALYST),
        ("settings/shared", "Shared links", Role.OWNER),
    ),
    "Costs and files": (
        ("costs", "Costs", Role.ANALYST),
        ("settings/rates", "Currency rates", Role.ANALYST),
        ("settings/imports", "Import of files", Role.OWNER),
        ("settings/agreement", "Comparison with the CRM", Role.OWNER),
    ),
    "Connections": (
        ("settings/tokens", "Tokens", Role.OWNER),
        ("settings/webhooks", "Webhooks", Role.OWNER),
        ("settings/counter", "Counter and forms", Role.OWNER),
        ("settings/hosts", "Hosts", Role.OWNER),
    ),
    "Site and rules": (
        ("settings/site", "Site", Role.OWNER),
        ("settings/try", "What if: try rules", Role.OWNER),
        ("settings/past", "Apply to the past", Role.OWNER),
        ("settings/users", "Users", Role.OWNER),
        ("settings/changes", "Changes", Role.OWNER),
    ),
}
"""The sections in groups: each group has a title and its sections.

A section has its path below the pages of a site, its title, and the lowest role that may open it.
"""
SECTIONS = tuple(section for group in GROUPS.values() for section in group)


@record
class SettingsSection:
    """A section: its path and title, and its state in a few words."""

    path: str
    title: str
    state: str


@record
class _Facts:
    """The data from which the states of the sections are derived."""

    spent: int
    tokens: int
    unknown_fields: int
    won_statuses: int
    columns: int
    webhooks: int
    ailing_webhooks: int
    raised_alerts: int
    mail_reports: int
    arrivals: Arrivals
    links: int
    has_rates: bool


async def show(view: View) -> Response:
    """Show the sections that the person's role may open."""
    site = await stored_site(view)
    facts = await view.read(_read, site)
    role = view.role or Role.READER
    states = _states(view, site, facts)
    groups = [
        (view.translate(title), listed)
        for title, sections in GROUPS.items()
        if (listed := [_section(view, *each, states) for each in sections if role.includes(each[2])])
    ]
    return show_form_page(view, "settings/sections.html", view.translate("Settings"), groups=groups)


def _read(connection: Connection, site: Site) -> _Facts:
    webhooks = list_webhooks(connection, site.id)
    return _Facts(
        spent=find_points_spent(connection, site.id, site_day(clock.now(), site.time_zone)),
        tokens=sum(token.revoked_at is None for token in list_tokens(connection, site.id)),
        unknown_fields=len(list_unknown_fields(connection, site.id)),
        won_statuses=sum(status.meaning is Meaning.WON for status in list_statuses(connection, site.id)),
        columns=len(list_columns(connection, site.id)),
        webhooks=len(webhooks),
        ailing_webhooks=sum(webhook.state is not WebhookState.ACTIVE for webhook in webhooks),
        raised_alerts=sum(alert.is_raised for alert in list_alerts(connection, site.id)),
        mail_reports=count_scheduled_reports(connection, site.id),
        arrivals=find_arrivals(connection, site.id),
        links=sum(link.is_valid(clock.now()) for link in list_shared_links(connection, site.id)),
        has_rates=has_rates(connection, site.id),
    )


def _section(view: View, place: str, title: str, _role: Role, states: Mapping[str, str]) -> SettingsSection:
    return SettingsSection(f"/cabinet/{view.current_site.id}/{place}", view.translate(title), states.get(place, ""))


def _states(view: View, site: Site, facts: _Facts) -> dict[str, str]:
    """Return the states of the sections by path; sections without a state are left out."""
    translate = view.translate
    last_visit_at = facts.arrivals.visits.last_at
    last_visit = clock_time(view.language, last_visit_at, site.time_zone) if last_visit_at is not None else ""
    return {
        "settings/site": translate("API points spent today: %(spent)s") % {"spent": facts.spent},
        "settings/tokens": translate("Active: %(count)s") % {"count": facts.tokens},
        "settings/fields": translate("Stored: %(kept)s, sent but not stored: %(unknown)s")
        % {"kept": len(site.custom_fields), "unknown": facts.unknown_fields},
        "settings/statuses": translate("Won: %(count)s") % {"count": facts.won_statuses},
        "settings/columns": str(facts.columns),
        "settings/hosts": str(len(site.hosts.known)),
        "settings/webhooks": translate("Total: %(count)s, not working: %(ailing)s")
        % {"count": facts.webhooks, "ailing": facts.ailing_webhooks},
        "settings/alerts": translate("Raised: %(count)s") % {"count": facts.raised_alerts},
        "settings/mail-reports": str(facts.mail_reports),
        "settings/counter": translate("Last visit: %(at)s") % {"at": last_visit}
        if last_visit
        else translate("No visit yet"),
        "costs": "" if facts.arrivals.has_costs else translate("None yet"),
        "settings/rates": "" if facts.has_rates else translate("None yet"),
        "settings/shared": translate("Active: %(count)s") % {"count": facts.links},
    }
