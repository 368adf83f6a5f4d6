"""`dealtrace doctor`: list the problems of the installation and how to fix them."""

from collections import Counter
from shlex import quote

import typer

from dealtrace import clock
from dealtrace.cli.answers import Finding
from dealtrace.cli.doctor.problem_findings import backup_findings
from dealtrace.cli.doctor.redis_findings import redis_findings
from dealtrace.cli.doctor.site_findings import site_findings
from dealtrace.cli.options import JsonOption
from dealtrace.cli.terminal import console, counted, open_prepared, print_json
from dealtrace.settings import UnknownVariable, UnreadLine, list_unknown_settings, read_settings
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.accounts.users import has_users
from dealtrace.storage.database.engine import Database
from dealtrace.storage.database.lock_holders import how_to_end_transactions, list_forgotten_transactions
from dealtrace.storage.database.sqlite_file import is_open_to_others
from dealtrace.storage.reports.mirror.status import MirrorStatus, find_mirror_status
from dealtrace.storage.schema.differences import schema_differences

HAS_FINDINGS = 1
COULD_NOT_LOOK = 2
NAMES_SHOWN = 20
_LISTS_OF_NAMES = {
    "unknown_field": "custom fields that were sent but not stored",
    "unknown_parameter": "parameters that have no effect",
}
"""The kinds of findings that are about a single name, each with the words for such names.

Of each of these kinds, only the findings about the `NAMES_SHOWN` most frequent names of a site are printed.
"""


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
    rebuilt = (
        f" The mirror was last rebuilt at {rebuild.rebuilt_at:%Y-%m-%d %H:%M} UTC: {rebuild.cause}." if rebuild else ""
    )
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
            console.print(f"• Site {site_id}: {number - NAMES_SHOWN:,} more {_LISTS_OF_NAMES[kind]}.")
            console.print("    dealtrace doctor --json lists all of them.")
    if all(finding.get("hint") for finding in findings):
        console.print("No problems found.")


def _findings(database: Database) -> list[Finding]:
    findings = [_unknown_setting_finding(unknown) for unknown in list_unknown_settings()]
    findings += [
        {"kind": "schema", "text": f"Schema difference: {difference}", "cure": "dealtrace db upgrade"}
        for difference in schema_differences(database)
    ]
    findings += redis_findings(read_settings().redis_url)
    if database.is_sqlite and is_open_to_others(database.file):
        file = database.name
        text = f"Every user of this machine can read {file}."
        findings.append({"kind": "permissions", "text": text, "cure": f"chmod 600 {quote(file)}*"})
    findings += [
        {
            "kind": "lock",
            "text": f"Writes may have to wait for rows that are locked by {holder}.",
            "cure": f"{how_to_end_transactions([holder])}.",
        }
        for holder in list_forgotten_transactions(database)
    ]
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
            findings.extend(site_findings(connection, site))
    return findings


def _unknown_setting_finding(unknown: UnknownVariable | UnreadLine) -> Finding:
    cure = "The settings are listed in docs/settings.md."
    return {"kind": "unknown_setting", "text": str(unknown), "cure": cure, "name": unknown.name}
