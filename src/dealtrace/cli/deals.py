"""`dealtrace explain` and `dealtrace deal`: why a deal has its lead, its history, restoring it, pinning its lead."""

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.cli.answers import VersionAnswer
from dealtrace.cli.options import ID_MAX, JsonOption, OnlySiteOption
from dealtrace.cli.site_lookup import sites_to_search
from dealtrace.cli.terminal import console, fail, open_prepared, print_json, work_in
from dealtrace.deals.deal import Deal
from dealtrace.deals.versions import DealVersion
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.matching.explanation import Candidate, Missed, Step
from dealtrace.operations.deals.explain import Explanation, explain_deal, serialize_explanation
from dealtrace.operations.deals.pin import pin_deal, unpin_deal
from dealtrace.operations.deals.restore import restore_deal
from dealtrace.storage.deals.deals import list_deals_by_key
from dealtrace.storage.deals.versions import list_versions

DealArgument = Annotated[str, typer.Argument(metavar="DEAL", help="The orderId or the orderNumber.")]


deal_commands = typer.Typer(help="Show the history of a deal, restore it, pin its lead.", no_args_is_help=True)


def explain(deal: DealArgument, site: OnlySiteOption = None, as_json: JsonOption = False) -> None:
    """Explain why a deal has its lead, or none: every search step, every candidate and how far it missed."""
    with open_prepared() as database, database.read() as connection:
        owner, found = _find_deal(connection, deal, site)
        explanation = explain_deal(connection, owner, found)
    if as_json:
        print_json(
            {
                "orderId": explanation.deal.id,
                "orderNumber": explanation.deal.number,
                **serialize_explanation(explanation),
            }
        )
    else:
        _print_explanation(explanation)


@deal_commands.command("history")
def history(deal: DealArgument, site: OnlySiteOption = None, as_json: JsonOption = False) -> None:
    """List the versions of a deal: when, by which token, the values before and after."""
    with open_prepared() as database, database.read() as connection:
        owner, found = _find_deal(connection, deal, site)
        versions = list_versions(connection, owner.id, found.id)
    if as_json:
        print_json([_serialize_version(owner, version) for version in versions])
        return
    table = Table("version", "when (UTC)", "what", "token", "before", "after")
    for version in versions:
        when, token = f"{version.recorded_at:%Y-%m-%d %H:%M:%S}", str(version.token_id or "by command")
        before, after = _format_fields(version.before), _format_fields(version.after)
        table.add_row(str(version.version), when, version.kind, token, before, after)
    console.print(f"Deal {found.id}, number {found.number}, site {owner.id}", markup=False)
    console.print(table)


@deal_commands.command("restore")
def restore(deal: DealArgument, site: OnlySiteOption = None) -> None:
    """Restore a deleted deal. Refused if another deal has taken its number."""
    with open_prepared() as database, database.write() as connection:
        owner, found = _find_deal(connection, deal, site, deleted=True)
        restored = restore_deal(work_in(database, connection, owner), found.id)
    console.print(f"Deal {restored.id} (number {restored.number}) restored.", markup=False)


@deal_commands.command("pin")
def pin(
    deal: DealArgument,
    call: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="The callId of its lead.")] = None,
    request: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="The requestId of its lead.")] = None,
    none: Annotated[bool, typer.Option("--none", help="The deal has no lead.")] = False,
    site: OnlySiteOption = None,
) -> None:
    """Pin the lead of a deal by hand. Matching does not change it afterwards."""
    if [call is not None, request is not None, none].count(True) != 1:
        fail("Give exactly one of --call, --request and --none.")
    lead = LeadRef(LeadKind.CALL, call) if call is not None else None
    lead = LeadRef(LeadKind.LEAD_REQUEST, request) if request is not None else lead
    with open_prepared() as database, database.write() as connection:
        owner, found = _find_deal(connection, deal, site)
        pinned = pin_deal(work_in(database, connection, owner), found.id, lead)
    console.print(f"Deal {pinned.id} (number {pinned.number}) pinned to {_format_lead(pinned)}.", markup=False)


@deal_commands.command("unpin")
def unpin(deal: DealArgument, site: OnlySiteOption = None) -> None:
    """Unpin the lead of a deal and match the deal by the rules again, immediately."""
    with open_prepared() as database, database.write() as connection:
        owner, found = _find_deal(connection, deal, site)
        unpinned = unpin_deal(work_in(database, connection, owner), found.id)
    console.print(
        f"Deal {unpinned.id} (number {unpinned.number}) unpinned and matched to {_format_lead(unpinned)}.", markup=False
    )


def _format_lead(deal: Deal) -> str:
    return f"{_NOUN[deal.lead.kind]} {deal.lead.id}" if deal.lead is not None else "no lead"


_NOUN = {LeadKind.CALL: "call", LeadKind.LEAD_REQUEST: "request"}


def _find_deal(connection: Connection, name: str, only: int | None, *, deleted: bool = False) -> tuple[Site, Deal]:
    """Return the deal that `name` identifies, with its site; an id takes precedence over a number.

    If several deals had the number, one that is not deleted is preferred, or one that is if `deleted`.
    """
    sites = sites_to_search(connection, only)
    ids = [int(name)] if name.isascii() and name.isdigit() and len(name) <= len(str(ID_MAX)) else []
    for key in ({"ids": ids, "numbers": []}, {"ids": [], "numbers": [name]}):
        found = [
            (site, deal)
            for site in sites
            for deal in list_deals_by_key(connection, site.id, **key, with_deleted=True, lock=False)
        ]
        preferred = [pair for pair in found if (pair[1].deleted_at is not None) is deleted] or found
        if len(preferred) == 1:
            return preferred[0]
        if preferred:
            matches = ", ".join(f"site {site.id}: orderId {deal.id}" for site, deal in preferred)
            fail(f"Several deals match {name}. Give the orderId, or add --site: {matches}")
    return fail(f"Deal {name} not found.")


def _serialize_version(site: Site, version: DealVersion) -> VersionAnswer:
    return {
        "siteId": site.id,
        "orderId": version.deal_id,
        "version": version.version,
        "kind": version.kind,
        "recordedAt": version.recorded_at,
        "tokenId": version.token_id,
        "before": version.before,
        "after": version.after,
    }


def _format_fields(values: Mapping[str, object]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in values.items())


def _print_explanation(explanation: Explanation) -> None:
    deal = explanation.deal
    lines = [f"Deal {deal.id}, number {deal.number}, created {deal.happened_at:%Y-%m-%d %H:%M:%S} UTC"]
    lead = _format_lead(deal) if deal.lead is not None else "none"
    lines.append(f"Lead: {lead} ({explanation.verdict})")
    if deal.pinned_at is not None:
        lines.append(f"Pinned by hand on {deal.pinned_at:%Y-%m-%d %H:%M:%S} UTC. The rules would match it as follows:")
    for naming in explanation.namings:
        found = f"{_NOUN[naming.kind]} {naming.lead.id}" if naming.lead is not None else "not found"
        lines.append(f"Given: the {_NOUN[naming.kind]} whose {naming.by} is {naming.value}: {found}")
    if deal.clue.contact is None:
        lines.append("No phone or e-mail was given.")
    elif not explanation.contact_matching:
        lines.append("Contact matching is off for this site. If it were on, the search would be:")
    lines.extend(
        f"  {contact.as_sent} is not a valid phone or e-mail and matches nothing."
        for contact in ((deal.clue.contact.phone, deal.clue.contact.email) if deal.clue.contact is not None else ())
        if contact is not None and contact.normal is None
    )
    for step in explanation.steps:
        lines.extend(_step_lines(step))
    console.print("\n".join(lines), markup=False)


def _step_lines(step: Step) -> list[str]:
    lines = [f"  {_NOUN[step.search.kind]} by {step.search.contact}:"]
    if not step.candidates:
        lines.append("    none within 30 days")
    for candidate in step.candidates:
        lead, opens_at, closes_at = candidate.lead, candidate.window.opens_at, candidate.window.closes_at
        window = f"window {opens_at:%Y-%m-%d %H:%M:%S} to {closes_at:%Y-%m-%d %H:%M:%S} UTC"
        won = f": chosen, {step.won_by}" if lead == step.winner else ""
        position = f"{_distance(candidate)}: {window}, deal {_position_in_window(candidate)}{won}"
        lines.append(f"    {_NOUN[lead.kind]} {lead.id}, {position}")
    return lines


def _distance(candidate: Candidate) -> str:
    seconds = candidate.distance.total_seconds()
    return f"{abs(seconds):.0f} s {'before' if seconds >= 0 else 'after'} the deal"


def _position_in_window(candidate: Candidate) -> str:
    seconds = abs(candidate.missed_by.total_seconds())
    match candidate.missed_end:
        case Missed.OPENING:
            return f"{seconds:.0f} s before it opens"
        case Missed.CLOSING:
            return f"{seconds:.0f} s after it closed"
        case None:
            return "inside"
