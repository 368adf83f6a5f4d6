"""The problems of a site that `doctor` lists: those with request parameters, clients, statuses and exchange rates."""

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.cli.answers import Finding
from dealtrace.cli.doctor.mail_findings import mail_findings
from dealtrace.cli.doctor.problem_findings import problem_findings
from dealtrace.cli.output import cleaned, counted
from dealtrace.deals.matchers import unreachable
from dealtrace.leads.client_groups import SHARED_BY_MAX, UnlinkedReason
from dealtrace.reports.statuses import STATUSES_MAX, Meaning, StatusGroup, group_statuses
from dealtrace.settings import read_settings
from dealtrace.storage.accounts.custom_fields import UnknownField, list_unknown_fields
from dealtrace.storage.accounts.unknown_names import NAMES_MAX, UnknownParameter, list_unknown_parameters
from dealtrace.storage.deals.deals import list_latest_matchers
from dealtrace.storage.leads.contact_groups import list_unlinked_contacts
from dealtrace.storage.leads.normalisation_progress import count_left_to_normalise, find_progress
from dealtrace.storage.reports.currency_rates import count_deals_without_rate, count_rates_within_days
from dealtrace.storage.reports.statuses import find_deals_by_status, has_won_status, list_statuses

UNLINKED_SHOWN = 20
STATUSES_SHOWN = 20
LISTS_READ = 1000
_WHY_UNLINKED = {
    UnlinkedReason.SHARED: (
        f"leads have it together with more than {SHARED_BY_MAX} other contacts, so several people use it"
    ),
    UnlinkedReason.FILLER: "it is only entered to fill in a required field",
}


def site_findings(connection: Connection, site: Site) -> list[Finding]:
    """List the problems of a site and how to fix each."""
    findings: list[Finding] = [
        _unknown_field_finding(site.id, field) for field in list_unknown_fields(connection, site.id)
    ]
    findings += [
        _unknown_parameter_finding(site.id, parameter) for parameter in list_unknown_parameters(connection, site.id)
    ]
    findings += problem_findings(connection, site)
    findings += _matcher_findings(connection, site)
    findings += _people_findings(connection, site)
    findings += _status_findings(connection, site)
    findings += mail_findings(connection, site, has_mail_server=bool(read_settings().smtp_url))
    findings += _rate_findings(connection, site)
    return findings


def _unknown_field_finding(site_id: int, field: UnknownField) -> Finding:
    named = f"custom[{field.name}]" if field.name else f"custom[…] with further names after the first {NAMES_MAX:,}"
    return {
        "kind": "unknown_field",
        "text": f"Site {site_id}: {named} was sent {counted(field.seen, 'time')} but not stored, "
        f"last on {field.last_seen_at:%Y-%m-%d %H:%M} UTC.",
        "cure": f"dealtrace field add {site_id} {_quoted(field.name)}" if field.name else "",
        "site_id": site_id,
        "name": field.name,
        "seen": field.seen,
    }


def _unknown_parameter_finding(site_id: int, parameter: UnknownParameter) -> Finding:
    named = f"{parameter.path} was sent {parameter.name}" if parameter.name else "other unknown parameters were sent"
    meant = f"Did you mean {parameter.nearest}? " if parameter.nearest is not None else ""
    return {
        "kind": "unknown_parameter",
        "text": f"Site {site_id}: {named} {counted(parameter.seen, 'time')}, "
        f"last on {parameter.last_seen_at:%Y-%m-%d %H:%M} UTC; this has no effect.",
        "cure": f"{meant}All parameters are listed at /docs.",
        "site_id": site_id,
        "path": parameter.path,
        "name": parameter.name,
        "nearest": parameter.nearest,
        "seen": parameter.seen,
    }


def _matcher_findings(connection: Connection, site: Site) -> list[Finding]:
    """List one problem if deals have matchers (searches for a source) that are never tried; otherwise, list none."""
    lists = list_latest_matchers(connection, site.id, LISTS_READ)
    lost = sum(bool(unreachable(matchers)) for matchers in lists)
    if not lost:
        return []
    have = "has" if lost == 1 else "have"
    text = (
        f"Site {site.id}: of the latest {counted(len(lists), 'deal')} with matching, {lost} {have} "
        "matchers that are never tried, because they come after withoutSource or customSources."
    )
    cure = "The CRM must send withoutSource or customSources last."
    return [{"kind": "unreachable_matchers", "text": text, "cure": cure, "site_id": site.id, "seen": lost}]


def _people_findings(connection: Connection, site: Site) -> list[Finding]:
    findings: list[Finding] = []
    progress = find_progress(connection, site.id)
    if progress is not None and (left := count_left_to_normalise(connection, site.id, progress)):
        records = counted(left, "record")
        text = f"Site {site.id}: contacts of {records} (leads, clients, deals) are in the form of an earlier release."
        cure = "dealtrace db renormalise"
        findings.append({"kind": "old_contacts", "text": text, "cure": cure, "site_id": site.id, "seen": left})
    for contact, reason in list_unlinked_contacts(connection, site.id, UNLINKED_SHOWN):
        text = f"Site {site.id}: {contact} is not used to recognise a person: {_WHY_UNLINKED[reason]}."
        cure = "Nothing needs to be done, unless forms send this contact by mistake."
        findings.append({"kind": "set_apart", "text": text, "cure": cure, "site_id": site.id, "name": contact})
    return findings


def _status_findings(connection: Connection, site: Site) -> list[Finding]:
    """List the problems with the statuses of a site: too many statuses, or (only a hint) none that is marked as won."""
    statuses = list_statuses(connection, site.id)
    is_full, lacks_won = len(statuses) >= STATUSES_MAX, not has_won_status(connection, site.id)
    if not statuses or not (is_full or lacks_won):
        return []
    deals = find_deals_by_status(connection, site.id)
    stored = {status.spelling for status in statuses}
    findings: list[Finding] = []
    if beyond := group_statuses([], {spelling: deals[spelling] for spelling in deals.keys() - stored}):
        text = f"Site {site.id}: deals have had over {STATUSES_MAX:,} statuses; these count as open: {_named(beyond)}."
        cure = "Check what the CRM sends as the status."
        findings.append({"kind": "too_many_statuses", "text": text, "cure": cure, "site_id": site.id})
    unset = [group for group in group_statuses(statuses, deals) if group.meaning is Meaning.OPEN]
    if lacks_won and unset:
        text = f"Site {site.id}: no status is marked as won, so reports show no income. Its statuses: {_named(unset)}."
        cure = f"dealtrace status set {site.id} NAME won"
        findings.append({"kind": "statuses", "text": text, "cure": cure, "site_id": site.id, "hint": True})
    return findings


def _rate_findings(connection: Connection, site: Site) -> list[Finding]:
    """List each currency that lacks an exchange rate for some deals, or has rates that begin in the middle of a day.

    Reports leave out the amounts of deals without a rate.
    """
    lacking: list[Finding] = [
        {
            "kind": "no_rate",
            "text": f"Site {site.id}: totals leave out {counted(deals, 'deal')} in {currency} that have no rate.",
            "cure": f"dealtrace rate set {site.id} {_quoted(currency)} RUBLES --from DAY",
            "site_id": site.id,
            "name": currency,
            "seen": deals,
        }
        for currency, deals in sorted(count_deals_without_rate(connection, site.id).items())
    ]
    within_days: list[Finding] = [
        {
            "kind": "misdated_rates",
            "text": f"Site {site.id}: since an earlier release changed the time zone, {counted(rates, 'rate')} of "
            f"{currency} begin in the middle of a day, so deals around midnight use the rate of another day.",
            "cure": f"dealtrace rate remove {site.id} {_quoted(currency)}, then set or import its rates again",
            "site_id": site.id,
            "name": currency,
            "seen": rates,
        }
        for currency, rates in sorted(count_rates_within_days(connection, site).items())
    ]
    return [*lacking, *within_days]


def _named(groups: list[StatusGroup]) -> str:
    """Return the first statuses with their numbers of deals, such as `new (3), paid (1) and 5 more`."""
    named = ", ".join(f"{group.name} ({group.deals})" for group in groups[:STATUSES_SHOWN])
    more = len(groups) - STATUSES_SHOWN
    return f"{named} and {more} more" if more > 0 else named


def _quoted(name: str) -> str:
    """Return a name quoted for bash, with escapes for characters that a terminal does not show."""
    if cleaned(name) == name:
        return "'" + name.replace("'", "'\\''") + "'"
    return "$'" + cleaned(name.replace("\\", "\\\\").replace("'", "\\'")) + "'"
