"""`dealtrace explain` and `dealtrace deal`: why a deal has its lead, what became of it, how a person settles it."""

from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.cli.terminal import ID_MAX, console, fail, open_prepared, print_json, work_in
from dealtrace.deals.deal import Deal
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.matching.explanation import Candidate, Missed, Step
from dealtrace.operations.deals.explain import Explanation, explain_deal, serialize_explanation
from dealtrace.operations.deals.pin import pin_deal, unpin_deal
from dealtrace.operations.deals.restore import restore_deal
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.deals.deals import list_deals_by_key
from dealtrace.storage.deals.versions import list_versions

DealName = Annotated[str, typer.Argument(metavar="DEAL", help="The orderId or the orderNumber.")]
OnlySite = Annotated[int | None, typer.Option("--site", min=1, max=ID_MAX, help="Look only in this site.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

deal_commands = typer.Typer(help="Look into the past of a deal, bring it back, settle its lead.", no_args_is_help=True)


def explain(deal: DealName, site: OnlySite = None, as_json: AsJson = False) -> None:
    """Tell why a deal has its lead, or none: every step tried, every candidate, what each missed by."""
    with open_prepared() as database, database.read() as connection:
        owner, found = _find(connection, deal, site)
        explanation = explain_deal(connection, owner, found)
    if as_json:
        print_json(_explained(explanation))
    else:
        _print_explanation(explanation)


@deal_commands.command("history")
def history(deal: DealName, site: OnlySite = None, as_json: AsJson = False) -> None:
    """List every version of a deal: when, by which token, what was before and after."""
    with open_prepared() as database, database.read() as connection:
        owner, found = _find(connection, deal, site)
        versions = list_versions(connection, owner.id, found.id)
    if as_json:
        print_json([{"siteId": owner.id, "orderId": found.id, **_version(one)} for one in versions])
        return
    table = Table("version", "when (UTC)", "what", "token", "before", "after")
    for one in versions:
        when, token = f"{one.recorded_at:%Y-%m-%d %H:%M:%S}", str(one.token_id or "by command")
        table.add_row(str(one.version), when, one.kind, token, _fields(one.before), _fields(one.after))
    console.print(f"Deal {found.id}, number {found.number}, site {owner.id}", markup=False)
    console.print(table)


@deal_commands.command("restore")
def restore(deal: DealName, site: OnlySite = None) -> None:
    """Bring a deleted deal back as it was; refused if its number has been taken since."""
    with open_prepared() as database, database.write() as connection:
        owner, found = _find(connection, deal, site, deleted=True)
        restored = restore_deal(work_in(database, connection, owner), found.id)
    console.print(f"Deal {restored.id}, number {restored.number}, is back.", markup=False)


@deal_commands.command("pin")
def pin(
    deal: DealName,
    call: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="The callId of its lead.")] = None,
    request: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="The requestId of its lead.")] = None,
    none: Annotated[bool, typer.Option("--none", help="It has no lead.")] = False,
    site: OnlySite = None,
) -> None:
    """Settle a deal's lead by hand; no lead that comes in changes it after that."""
    if [call is not None, request is not None, none].count(True) != 1:
        fail("Name the lead: --call, --request or --none, one of them.")
    lead = LeadRef(LeadKind.CALL, call) if call is not None else None
    lead = LeadRef(LeadKind.LEAD_REQUEST, request) if request is not None else lead
    with open_prepared() as database, database.write() as connection:
        owner, found = _find(connection, deal, site)
        pinned = pin_deal(work_in(database, connection, owner), found.id, lead)
    console.print(f"Deal {pinned.id}, number {pinned.number}, is pinned to {_lead(pinned)}.", markup=False)


@deal_commands.command("unpin")
def unpin(deal: DealName, site: OnlySite = None) -> None:
    """Leave a deal's lead to the rules again, which match it at once."""
    with open_prepared() as database, database.write() as connection:
        owner, found = _find(connection, deal, site)
        unpinned = unpin_deal(work_in(database, connection, owner), found.id)
    console.print(f"Deal {unpinned.id}, number {unpinned.number}, is matched to {_lead(unpinned)}.", markup=False)


def _lead(deal: Deal) -> str:
    return f"{deal.lead.kind} {deal.lead.id}" if deal.lead is not None else "none"


def _find(connection: Connection, name: str, only_site: int | None, *, deleted: bool = False) -> tuple[Site, Deal]:
    """Find the one deal a person means; an id is tried before a number.

    Of several that had the number the one that is not deleted is meant, or, by who brings deals back, the one that is.
    """
    sites = [site for site in list_sites(connection) if only_site in (None, site.id)]
    ids = [int(name)] if name.isascii() and name.isdigit() and len(name) <= len(str(ID_MAX)) else []
    for key in ({"ids": ids, "numbers": []}, {"ids": [], "numbers": [name]}):
        found = [
            (site, deal)
            for site in sites
            for deal in list_deals_by_key(connection, site.id, **key, with_deleted=True, lock=False)
        ]
        meant = [pair for pair in found if (pair[1].deleted_at is not None) is deleted] or found
        if len(meant) == 1:
            return meant[0]
        if meant:
            places = ", ".join(f"site {site.id}: orderId {deal.id}" for site, deal in meant)
            fail(f"{name} names several deals, name one by its orderId or add --site: {places}")
    return fail(f"There is no deal {name}.")


def _version(one: Any) -> dict[str, Any]:
    return {
        "version": one.version,
        "kind": one.kind,
        "recordedAt": one.recorded_at,
        "tokenId": one.token_id,
        "before": one.before,
        "after": one.after,
    }


def _fields(values: Any) -> str:
    return "\n".join(f"{name}: {value}" for name, value in values.items())


def _explained(explanation: Explanation) -> dict[str, Any]:
    deal = explanation.deal
    return {"orderId": deal.id, "orderNumber": deal.number, **serialize_explanation(explanation)}


def _print_explanation(explanation: Explanation) -> None:
    deal = explanation.deal
    lines = [f"Deal {deal.id}, number {deal.number}, made {deal.happened_at:%Y-%m-%d %H:%M:%S} UTC"]
    lines.append(f"Lead: {_lead(deal)}, {explanation.verdict}")
    if deal.pinned_at is not None:
        lines.append(f"Pinned by hand, {deal.pinned_at:%Y-%m-%d %H:%M:%S} UTC; by the rules it would be found so:")
    for naming in explanation.namings:
        found = f"names {naming.kind} {naming.lead.id}" if naming.lead is not None else "names no lead there is"
        lines.append(f"Named: the {naming.kind} whose {naming.by} is {naming.value}: {found}")
    if deal.clue.contact is None:
        lines.append("No phone and no e-mail were given.")
    elif not explanation.contact_matching:
        lines.append("Contact matching is off for this site; switched on, it would search so:")
    lines.extend(
        f"  {contact.as_sent} is no phone or e-mail that can be compared; it matches nothing."
        for contact in ((deal.clue.contact.phone, deal.clue.contact.email) if deal.clue.contact is not None else ())
        if contact is not None and contact.normal is None
    )
    for step in explanation.steps:
        lines.extend(_step_lines(step))
    console.print("\n".join(lines), markup=False)


def _step_lines(step: Step) -> list[str]:
    lines = [f"  {step.search.kind} by {step.search.contact}:"]
    if not step.candidates:
        lines.append("    nobody within 30 days")
    for one in step.candidates:
        won = f": it wins, {step.won_by}" if one.lead == step.winner else ""
        window = f"{one.window.opens_at:%Y-%m-%d %H:%M:%S} to {one.window.closes_at:%Y-%m-%d %H:%M:%S} UTC"
        lines.append(f"    {one.lead.kind} {one.lead.id}, {_distance(one)}: window {window}, deal {_verdict(one)}{won}")
    return lines


def _distance(one: Candidate) -> str:
    seconds = one.distance.total_seconds()
    return f"{abs(seconds):.0f} s {'before' if seconds >= 0 else 'after'} the deal"


def _verdict(one: Candidate) -> str:
    seconds = abs(one.missed_by.total_seconds())
    match one.missed_end:
        case Missed.OPENING:
            return f"{seconds:.0f} s before it opens"
        case Missed.CLOSING:
            return f"{seconds:.0f} s after it closed"
        case None:
            return "inside"
