"""`dealtrace deal list` and `dealtrace deal show`: show deals as they are now."""

from datetime import date
from typing import Annotated

import typer
from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_end, day_start
from dealtrace.cli.day_options import day_option
from dealtrace.cli.deals.field_lines import format_fields
from dealtrace.cli.deals.lookup import DealArgument, format_amount, format_lead_of, look_up_deal
from dealtrace.cli.deals.period import check_order
from dealtrace.cli.lead_answers import DealAnswer
from dealtrace.cli.options import JsonOption, OnlySiteOption, SiteToListOption
from dealtrace.cli.site_lookup import site_to_list
from dealtrace.cli.terminal import console, open_prepared, print_json
from dealtrace.deals.deal import Deal
from dealtrace.storage.deals.deals import list_deals_by_id
from dealtrace.storage.journals.deal_journal import JournalQuery, query_deals
from dealtrace.storage.journals.keyset_pages import Cursor, find_page

LISTED = 50
"""How many deals are listed by default."""
LISTED_MAX = 1000

DayOption = date | None


def show_deals(
    site_id: SiteToListOption = None,
    first: Annotated[DayOption, day_option("The first day, in the site's time zone.", name="--from")] = None,
    last: Annotated[DayOption, day_option("The last day, inclusive.", name="--to")] = None,
    limit: Annotated[int, typer.Option(min=1, max=LISTED_MAX, help="How many of the latest deals to list.")] = LISTED,
    as_json: JsonOption = False,
) -> None:
    """List the latest deals of a site by creation date, without deleted ones. For all, use `dealtrace export deals`."""
    check_order(first, last)
    with open_prepared() as database, database.read() as connection:
        site = site_to_list(connection, site_id)
        deals = _list_latest(connection, site, first, last, limit)
    if as_json:
        print_json([_serialize_deal(site, deal) for deal in deals])
        return
    for deal in deals:
        created = f"{deal.happened_at.astimezone(site.time_zone):%Y-%m-%d %H:%M}"
        console.print(
            f"{deal.id}  {created}  {deal.number}  {deal.status}  {format_amount(deal)}  {format_lead_of(deal)}"
        )


def _list_latest(connection: Connection, site: Site, first: DayOption, last: DayOption, limit: int) -> list[Deal]:
    since = day_start(first, site.time_zone) if first is not None else None
    until = day_end(last, site.time_zone) if last is not None else None
    query = query_deals(site.id, JournalQuery(since=since, until=until))
    page = find_page(connection, query, Cursor(), limit)
    if page.total > limit:
        page = find_page(connection, query, Cursor(page.total - limit, None, page.total - limit, page.total), limit)
    return list_deals_by_id(connection, site.id, page.ids)


def show_deal(deal: DealArgument, site: OnlySiteOption = None, as_json: JsonOption = False) -> None:
    """Show a deal as it is now, even if it is deleted."""
    with open_prepared() as database, database.read() as connection:
        owner, found = look_up_deal(connection, deal, site)
    answer = _serialize_deal(owner, found)
    if as_json:
        print_json(answer)
        return
    console.print(f"Deal {found.id}, number {found.number}, site {owner.id}")
    console.print(f"Times are in {owner.time_zone.key}.")
    for line in format_fields({**answer, "lead": format_lead_of(found)}, owner.time_zone):
        console.print(line)


def _serialize_deal(site: Site, deal: Deal) -> DealAnswer:
    return {
        "siteId": site.id,
        "orderId": deal.id,
        "orderNumber": deal.number,
        "status": deal.status,
        "sum": deal.amount_rub,
        "currency": deal.currency,
        "happenedAt": deal.happened_at,
        "recordedAt": deal.recorded_at,
        "changedAt": deal.changed_at,
        "deletedAt": deal.deleted_at,
        "service": deal.service,
        "manager": deal.manager,
        "comment": deal.comment,
        "tags": list(deal.tags),
        "customFields": dict(deal.custom_values or {}),
        "statedSource": deal.stated_source,
        "clue": deal.clue,
        "lead": deal.lead,
        "visitId": deal.visit_id,
        "pinnedAt": deal.pinned_at,
        "version": deal.version,
    }
