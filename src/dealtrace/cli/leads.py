"""`dealtrace lead`: look at a call or lead request, hide it, bring it back."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import WHOLE, AttributionModel
from dealtrace.cli.terminal import ID_MAX, console, fail, open_prepared, print_json, work_in
from dealtrace.deals.deal import Deal
from dealtrace.errors import LeadNotFound
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.leads.delete import delete_lead, restore_lead
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.leads.deletion import HideableLead, find_hideable
from dealtrace.storage.leads.lead_stories import find_lead_stories
from dealtrace.storage.leads.qualification import find_qualifications
from dealtrace.storage.visits.credits import find_credits


class KindName(StrEnum):
    """The two kinds of leads, as the API calls them."""

    CALL = "call"
    REQUEST = "request"


Kind = Annotated[KindName, typer.Argument(help="call or request.")]
LeadId = Annotated[int, typer.Argument(metavar="ID", min=1, max=ID_MAX, help="The callId or the requestId.")]
OnlySite = Annotated[int | None, typer.Option("--site", min=1, max=ID_MAX, help="Look only in this site.")]

lead_commands = typer.Typer(help="Look at a call or lead request, hide it, bring it back.", no_args_is_help=True)


@lead_commands.command("show")
def show(
    kind: Kind,
    lead_id: LeadId,
    site: OnlySite = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell who a lead is, what it counts for, and how each attribution model shares it among the visits."""
    with open_prepared() as database, database.read() as connection:
        owner, lead = _find(connection, kind, lead_id, site)
        told = _told(connection, owner, lead)
    if as_json:
        print_json(told)
    else:
        console.print("\n".join(_lines(told)), markup=False)


@lead_commands.command("delete")
def delete(kind: Kind, lead_id: LeadId, site: OnlySite = None) -> None:
    """Hide a lead; the deals it had are matched anew, but for those pinned to it. Its reference stays taken."""
    with open_prepared() as database, database.write() as connection:
        owner, lead = _find(connection, kind, lead_id, site)
        changed = delete_lead(work_in(database, connection, owner), lead.ref)
    console.print(f"The {kind} {lead_id} is hidden{_deals(changed)}.", markup=False)


@lead_commands.command("restore")
def restore(kind: Kind, lead_id: LeadId, site: OnlySite = None) -> None:
    """Show a hidden lead again; the deals it concerns are matched anew."""
    with open_prepared() as database, database.write() as connection:
        owner, lead = _find(connection, kind, lead_id, site)
        changed = restore_lead(work_in(database, connection, owner), lead.ref)
    console.print(f"The {kind} {lead_id} is back{_deals(changed)}.", markup=False)


def _deals(changed: Sequence[Deal]) -> str:
    return f"; deals that have another lead now: {', '.join(str(deal.id) for deal in changed)}" if changed else ""


def _find(connection: Connection, kind: KindName, lead_id: int, only_site: int | None) -> tuple[Site, HideableLead]:
    ref = LeadRef(LeadKind.CALL if kind is KindName.CALL else LeadKind.LEAD_REQUEST, lead_id)
    sites = [site for site in list_sites(connection) if only_site in (None, site.id)]
    found = [(site, lead) for site in sites if (lead := find_hideable(connection, site.id, ref)) is not None]
    if len(found) > 1:
        fail(f"Several sites have {kind} {lead_id}, add --site: {', '.join(str(site.id) for site, _ in found)}")
    if not found:
        raise LeadNotFound(lead_id=lead_id)
    return found[0]


def _told(connection: Connection, site: Site, lead: HideableLead) -> dict[str, Any]:
    story = find_lead_stories(connection, site.id, [lead.ref], AttributionModel(site.attribution))[lead.ref]
    standing = find_qualifications(connection, site, [lead.ref])[lead.ref]
    shares = find_credits(connection, site.id, lead.ref.id)
    return {
        "siteId": site.id,
        "lead": lead.ref,
        "startedAt": lead.started_at,
        "endedAt": lead.ended_at,
        "reference": lead.reference,
        "deletedAt": lead.deleted_at,
        "client": story.client,
        "isUnique": standing.is_unique,
        "isTarget": standing.is_target,
        "isUniqueTarget": standing.is_unique_target,
        "statedSource": story.stated_source,
        "credits": [
            {
                "attribution": int(model),
                "sessionId": credit.visit.id,
                "share": credit.share / WHOLE,
                "trafficSource": credit.visit.traffic_source,
            }
            for model, credits_of_model in shares.items()
            for credit in credits_of_model
        ],
    }


def _lines(told: dict[str, Any]) -> list[str]:
    lead, client = told["lead"], told["client"]
    flags = {"unique": "isUnique", "target": "isTarget", "unique target": "isUniqueTarget"}
    counted = ", ".join(word for word, key in flags.items() if told[key]) or "neither unique nor a target"
    hidden = f", hidden since {told['deletedAt']:%Y-%m-%d %H:%M:%S} UTC" if told["deletedAt"] is not None else ""
    contacts = ", ".join([*client.phones, *client.emails]) or "no contact that can be compared"
    lines = [
        f"{lead.kind} {lead.id}, reference {told['reference'] or 'none'}, site {told['siteId']}{hidden}",
        f"From {told['startedAt']:%Y-%m-%d %H:%M:%S} to {told['endedAt']:%Y-%m-%d %H:%M:%S} UTC",
        f"Client {client.id}, {client.name or 'no name'}: {contacts}",
        f"Counts as: {counted}",
    ]
    if told["statedSource"] is not None:
        lines.append(f"Stated source: {told['statedSource'].source} / {told['statedSource'].medium}")
    for credit in told["credits"]:
        source = credit["trafficSource"]
        lines.append(
            f"  model {credit['attribution']}: {credit['share']:.1%} to visit {credit['sessionId']}, "
            f"{source.source} / {source.medium}"
        )
    return lines
