"""Find the deal that a command works on, and format its lead and amount."""

from typing import Annotated

import typer
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.cli.site_lookup import sites_to_search
from dealtrace.cli.terminal import fail
from dealtrace.deals.amount import kopecks_of
from dealtrace.deals.currency import RUBLE
from dealtrace.deals.deal import Deal
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.leads.lead import KIND_NAMES, LeadRef
from dealtrace.reports.kopecks import rubles_of
from dealtrace.storage.deals.deals import list_deals_by_key
from dealtrace.whole_number import parse_whole_number

DealArgument = Annotated[str, typer.Argument(metavar="DEAL", help="The orderId or the orderNumber.")]


def format_lead_of(deal: Deal) -> str:
    """Format the lead of a deal: `call 7`, `request 7` or `no lead`."""
    return format_lead(deal.lead)


def format_lead(lead: LeadRef | None) -> str:
    """Format a lead: `call 7`, `request 7` or `no lead`."""
    return f"{KIND_NAMES[lead.kind]} {lead.id}" if lead is not None else "no lead"


def format_amount(deal: Deal | IncomingDeal) -> str:
    """Format the amount of a deal with two decimals, and its currency if it is not rubles: `10.00 USD`, `no amount`."""
    if deal.amount_rub is None:
        return "no amount"
    currency = f" {deal.currency.upper()}" if deal.currency not in (None, RUBLE) else ""
    return f"{rubles_of(kopecks_of(deal.amount_rub))}{currency}"


def look_up_deal(connection: Connection, name: str, only: int | None, *, deleted: bool = False) -> tuple[Site, Deal]:
    """Return the deal that `name` identifies, and the site of the deal.

    `name` is an id or a number; it is tried as an id first. If `only` is given, only this site is searched. Deals that
    are not deleted are preferred; with `deleted`, deleted deals are preferred. If no deal or several deals match, the
    command ends with an error message.
    """
    sites = sites_to_search(connection, only)
    id_ = parse_whole_number(name)
    ids = [id_] if id_ is not None else []
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
