"""`dealtrace doctor`: list the problems of the installation and how to fix them."""

from collections import Counter
from shlex import quote

import typer
from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.cli.answers import Finding
from dealtrace.cli.doctor.mail_findings import mail_findings
from dealtrace.cli.doctor.problem_findings import backup_findings, problem_findings
from dealtrace.cli.options import JsonOption
from dealtrace.cli.output import cleaned
from dealtrace.cli.terminal import console, counted, open_prepared, print_json
from dealtrace.deals.matchers import unreachable
from dealtrace.leads.client_groups import SHARED_BY_MAX, UnlinkedReason
from dealtrace.reports.statuses import STATUSES_MAX, Meaning, StatusGroup, group_statuses
from dealtrace.settings import UnknownVariable, list_unknown_settings, read_settings
from dealtrace.storage.accounts.custom_fields import UnknownField, list_unknown_fields
from dealtrace.storage.accounts.name_counts import NAMES_MAX
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.accounts.unknown_parameters import UnknownParameter, list_unknown_parameters
from dealtrace.storage.accounts.users import has_users
from dealtrace.storage.database.engine import Database
from dealtrace.storage.database.sqlite_file import is_open_to_others
from dealtrace.storage.deals.deals import list_latest_matchers
from dealtrace.storage.leads.contact_groups import list_unlinked_contacts
from dealtrace.storage.leads.normalisation_progress import count_left_to_normalise, find_progress
from dealtrace.storage.reports.mirror.status import MirrorStatus, find_mirror_status
from dealtrace.storage.reports.rates import count_deals_without_rate
from dealtrace.storage.reports.statuses import find_deals_by_status, has_won_status, list_statuses
from dealtrace.storage.schema.differences import schema_differences

HAS_FINDINGS = 1
COULD_NOT_LOOK = 2
UNLINKED_SHOWN = 20
STATUSES_SHOWN = 20
NAMES_SHOWN = 20
_LISTS_OF_NAMES = {
    "unknown_field": "custom fields that were sent and not stored",
    "unknown_parameter": "parameters that have no effect",
}
"""The kinds of findings that are about a single name, each with the words for such names.

Of each of these kinds, only the findings about the `NAMES_SHOWN` most frequent names of a site are printed.
"""
LISTS_READ = 1000
_WHY_UNLINKED = {
    UnlinkedReason.SHARED: (
        f"leads have it together with more than {SHARED_BY_MAX} other contacts, so several people use it"
    ),
    UnlinkedReason.FILLER: "it is only entered to fill in a required field",
}


def doctor(as_json: JsonOption = False) -> None:
    """Check the installation. The exit status is 0 if no problem is found, 1 if any is, 2 if the check itself fails."""
    try:
        with open_prepared() as database:
            in_use, mirror, findings = database.name, find_mirror_status(database), _findings(database)
    except SystemExit as end:
        raise typer.Exit(COULD_NOT_LOOK) from end
    if as_json:
        print_json(findings)
    else:
        console.print(f"The database in use: {in_use}")
        if mirror is not None:
            console.print(_mirror_line(mirror))
        _print_findings(findings)
    if any(not finding.get("hint") for finding in findings):
        raise typer.Exit(HAS_FINDINGS)


def _mirror_line(mirror: MirrorStatus) -> str:
    """Return a line about the column mirror, a copy of the data for reports; its state is never a problem."""
    size, age = f"{mirror.size_bytes / 2**20:,.0f} MiB", clock.now() - mirror.opened_at
    if mirror.obstacle:
        return f"The column mirror of reports: the next report rebuilds it, because {mirror.obstacle}."
    behind = counted(mirror.behind, "change")
    rebuild = mirror.rebuild
    rebuilt = f" It was last rebuilt at {rebuild.rebuilt_at:%Y-%m-%d %H:%M} UTC: {rebuild.cause}." if rebuild else ""
    opened = f"last opened {str(age).partition('.')[0]} ago"
    return f"The column mirror of reports: {size}, {opened}, {behind} behind.{rebuilt}"


def _print_findings(findings: list[Finding]) -> None:
    seen: Counter[tuple[str, int | None]] = Counter()
    for finding in findings:
        group = finding["kind"], finding.get("site_id")
        seen[group] += 1
        if group[0] in _LISTS_OF_NAMES and seen[group] > NAMES_SHOWN:
            continue
        console.print(f"• {finding['text']}")
        if finding["cure"]:
            console.print(f"    {finding['cure']}")
    for (kind, site_id), number in seen.items():
        if kind in _LISTS_OF_NAMES and number > NAMES_SHOWN:
            console.print(f"• Site {site_id}: and {number - NAMES_SHOWN:,} more {_LISTS_OF_NAMES[kind]}.")
            console.print("    dealtrace doctor --json lists all of them.")
    if all(finding.get("hint") for finding in findings):
        console.print("No problems found.")


def _findings(database: Database) -> list[Finding]:
    findings = [_unknown_setting_finding(unknown) for unknown in list_unknown_settings()]
    findings += [
        {"kind": "schema", "text": f"Schema difference: {difference}", "cure": "dealtrace db upgrade"}
        for difference in schema_differences(database)
    ]
    if database.is_sqlite and is_open_to_others(database.file):
        file = database.name
        text = f"Every user of this machine can read {file}."
        findings.append({"kind": "permissions", "text": text, "cure": f"chmod 600 {quote(file)}*"})
    with database.read() as connection:
        findings += backup_findings(connection, read_settings().backup_days_max)
        sites = list_sites(connection)
        if not sites:
            findings.append(
                {
                    "kind": "sites",
                    "text": f"There are no sites in {database.name}.",
                    "cure": "dealtrace site create NAME",
                }
            )
        if not has_users(connection):
            findings.append({"kind": "users", "text": "There are no users.", "cure": "dealtrace user create LOGIN"})
        for site in sites:
            findings.extend(_site_findings(connection, site))
    return findings


def _site_findings(connection: Connection, site: Site) -> list[Finding]:
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
        "text": f"Site {site_id}: {named} was sent {counted(field.seen, 'time')} and not stored, "
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


def _unknown_setting_finding(unknown: UnknownVariable) -> Finding:
    cure = "The settings are listed in docs/settings.md."
    return {"kind": "unknown_setting", "text": str(unknown), "cure": cure, "name": unknown.name}


def _matcher_findings(connection: Connection, site: Site) -> list[Finding]:
    """List one problem if deals have matchers (searches for a source) that are never tried; otherwise, list none."""
    lists = list_latest_matchers(connection, site.id, LISTS_READ)
    lost = sum(bool(unreachable(matchers)) for matchers in lists)
    if not lost:
        return []
    text = (
        f"Site {site.id}: of the latest {counted(len(lists), 'deal')} with matching, {lost} have matchers that are "
        "never tried, because they come after withoutSource or customSources."
    )
    cure = "The CRM must send withoutSource or customSources last."
    return [{"kind": "unreachable_matchers", "text": text, "cure": cure, "site_id": site.id, "seen": lost}]


def _people_findings(connection: Connection, site: Site) -> list[Finding]:
    findings: list[Finding] = []
    progress = find_progress(connection, site.id)
    if progress is not None and (left := count_left_to_normalise(connection, site.id, progress)):
        text = f"Site {site.id}: {left} leads, clients and deals have contacts normalised by an earlier release."
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
    """List each currency that lacks an exchange rate for some deals; reports leave out the amounts of these deals."""
    return [
        {
            "kind": "no_rate",
            "text": f"Site {site.id}: {counted(deals, 'deal')} in {currency} without a rate are left out of sums.",
            "cure": f"dealtrace rate set {site.id} {_quoted(currency)} RUBLES --from DAY",
            "site_id": site.id,
            "name": currency,
            "seen": deals,
        }
        for currency, deals in sorted(count_deals_without_rate(connection, site.id).items())
    ]


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
