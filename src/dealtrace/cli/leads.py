"""`dealtrace lead`: show, delete or restore a call or lead request."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import WHOLE, AttributionModel, CreditKey
from dealtrace.cli.lead_answers import ShownLead
from dealtrace.cli.options import JsonOption, OnlySiteOption
from dealtrace.cli.site_lookup import sites_to_search
from dealtrace.cli.terminal import console, fail, open_prepared, print_json, work_in
from dealtrace.deals.deal import Deal
from dealtrace.errors import LeadNotFound
from dealtrace.leads.lead import KIND_NAMES, KINDS_BY_NAME, LeadKind, LeadRef
from dealtrace.operations.leads.delete import delete_lead, restore_lead
from dealtrace.storage.leads.deletion import DeletableLead, find_deletable
from dealtrace.storage.leads.lead_summaries import find_lead_summaries
from dealtrace.storage.leads.qualification import find_qualifications
from dealtrace.storage.visits.credits import find_credits
from dealtrace.whole_number import ID_MAX


class KindName(StrEnum):
    """The two kinds of lead, as the API names them."""

    CALL = KIND_NAMES[LeadKind.CALL]
    REQUEST = KIND_NAMES[LeadKind.LEAD_REQUEST]


KindArgument = Annotated[KindName, typer.Argument(help="call or request.")]
LeadIdArgument = Annotated[int, typer.Argument(metavar="ID", min=1, max=ID_MAX, help="The callId or the requestId.")]

lead_commands = typer.Typer(help="Show, delete or restore a call or lead request.", no_args_is_help=True)


@lead_commands.command("show")
def show(kind: KindArgument, lead_id: LeadIdArgument, site: OnlySiteOption = None, as_json: JsonOption = False) -> None:
    """Show a lead: its client, whether it counts as unique or target, and the visits that each model credits."""
    with open_prepared() as database, database.read() as connection:
        owner, lead = _find_lead(connection, kind, lead_id, site)
        answer = _describe_lead(connection, owner, lead)
    if as_json:
        print_json(answer)
    else:
        for line in _format_lead(answer):
            console.print(line)


@lead_commands.command("delete")
def delete(kind: KindArgument, lead_id: LeadIdArgument, site: OnlySiteOption = None) -> None:
    """Delete a lead and rematch its unpinned deals. The id that the lead's sender gave it cannot be reused."""
    with open_prepared() as database, database.write() as connection:
        owner, lead = _find_lead(connection, kind, lead_id, site)
        changed = delete_lead(work_in(database, connection, owner), lead.ref)
    console.print(f"{kind.capitalize()} {lead_id} deleted{_list_rematched(changed)}.")


@lead_commands.command("restore")
def restore(kind: KindArgument, lead_id: LeadIdArgument, site: OnlySiteOption = None) -> None:
    """Restore a deleted lead. Deals that may have come from it are rematched."""
    with open_prepared() as database, database.write() as connection:
        owner, lead = _find_lead(connection, kind, lead_id, site)
        changed = restore_lead(work_in(database, connection, owner), lead.ref)
    console.print(f"{kind.capitalize()} {lead_id} restored{_list_rematched(changed)}.")


def _list_rematched(changed: Sequence[Deal]) -> str:
    return f"; rematched deals: {', '.join(str(deal.id) for deal in changed)}" if changed else ""


def _find_lead(connection: Connection, kind: KindName, lead_id: int, only: int | None) -> tuple[Site, DeletableLead]:
    ref = LeadRef(KINDS_BY_NAME[kind], lead_id)
    sites = sites_to_search(connection, only)
    found = [(site, lead) for site in sites if (lead := find_deletable(connection, site.id, ref)) is not None]
    if len(found) > 1:
        fail(
            f"Several sites have {kind} {lead_id}. Add --site for one of them: "
            f"{', '.join(str(site.id) for site, _ in found)}"
        )
    if not found:
        raise LeadNotFound(lead_id=lead_id)
    return found[0]


def _describe_lead(connection: Connection, site: Site, lead: DeletableLead) -> ShownLead:
    lead_summary = find_lead_summaries(connection, site.id, [lead.ref], AttributionModel(site.attribution))[lead.ref]
    qualification = find_qualifications(connection, site, [lead.ref])[lead.ref]
    shares = find_credits(connection, site.id, CreditKey(lead.ref.id))
    return {
        "siteId": site.id,
        "lead": lead.ref,
        "startedAt": lead.started_at,
        "endedAt": lead.ended_at,
        "reference": lead.reference,
        "deletedAt": lead.deleted_at,
        "client": lead_summary.client,
        "isUnique": qualification.is_unique,
        "isTarget": qualification.is_target,
        "isUniqueTarget": qualification.is_unique_target,
        "statedSource": lead_summary.stated_source,
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


def _format_lead(answer: ShownLead) -> list[str]:
    lead, client, stated = answer["lead"], answer["client"], answer["statedSource"]
    kind = KIND_NAMES[lead.kind]
    flags = {
        "unique": answer["isUnique"],
        "target": answer["isTarget"],
        "unique target": answer["isUniqueTarget"],
    }
    counts_as = ", ".join(name for name, is_set in flags.items() if is_set) or "neither unique nor a target"
    deleted = f", deleted on {answer['deletedAt']:%Y-%m-%d %H:%M:%S} UTC" if answer["deletedAt"] is not None else ""
    contacts = ", ".join([*client.phones, *client.emails]) or "no valid phone or e-mail"
    lines = [
        f"{kind.capitalize()} {lead.id}, reference {answer['reference'] or 'none'}, site {answer['siteId']}{deleted}",
        f"From {answer['startedAt']:%Y-%m-%d %H:%M:%S} to {answer['endedAt']:%Y-%m-%d %H:%M:%S} UTC",
        f"Client {client.id}, {client.name or 'no name'}: {contacts}",
        f"Counts as: {counts_as}",
    ]
    if stated is not None:
        lines.append(f"Stated source: {stated.source} / {stated.medium}")
    for credit in answer["credits"]:
        source = credit["trafficSource"]
        lines.append(
            f"  model {credit['attribution']}: {credit['share']:.1%} to visit {credit['sessionId']}, "
            f"{source.source} / {source.medium}"
        )
    return lines
