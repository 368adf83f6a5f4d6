"""`dealtrace deal restore`, `pin` and `unpin`: restore a deleted deal, or choose the lead of a deal."""

from typing import Annotated

import typer

from dealtrace.cli.deals.lookup import DealArgument, format_lead_of, look_up_deal
from dealtrace.cli.options import OnlySiteOption
from dealtrace.cli.terminal import console, fail, open_prepared, work_in
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.deals.delete import restore_deal
from dealtrace.operations.deals.pin import pin_deal, unpin_deal
from dealtrace.whole_number import ID_MAX


def restore(deal: DealArgument, site: OnlySiteOption = None) -> None:
    """Restore a deleted deal. This is refused if another deal has taken its number."""
    with open_prepared() as database, database.write() as connection:
        owner, found = look_up_deal(connection, deal, site, deleted=True)
        restored = restore_deal(work_in(database, connection, owner), found.id)
    console.print(f"Deal {restored.id} (number {restored.number}) restored.")


def pin(
    deal: DealArgument,
    call: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="The callId of the lead.")] = None,
    request: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="The requestId of the lead.")] = None,
    none: Annotated[bool, typer.Option("--none", help="Leave the deal without a lead.")] = False,
    site: OnlySiteOption = None,
) -> None:
    """Choose the lead of a deal by hand. From then on, matching does not change the lead."""
    if [call is not None, request is not None, none].count(True) != 1:
        fail("Give exactly one of --call, --request and --none.")
    lead = LeadRef(LeadKind.CALL, call) if call is not None else None
    lead = LeadRef(LeadKind.LEAD_REQUEST, request) if request is not None else lead
    with open_prepared() as database, database.write() as connection:
        owner, found = look_up_deal(connection, deal, site)
        pinned = pin_deal(work_in(database, connection, owner), found.id, lead)
    console.print(f"Deal {pinned.id} (number {pinned.number}) pinned to {format_lead_of(pinned)}.")


def unpin(deal: DealArgument, site: OnlySiteOption = None) -> None:
    """Unpin a deal and rematch it at once."""
    with open_prepared() as database, database.write() as connection:
        owner, found = look_up_deal(connection, deal, site)
        unpinned = unpin_deal(work_in(database, connection, owner), found.id)
    console.print(
        f"Deal {unpinned.id} (number {unpinned.number}) unpinned and matched to {format_lead_of(unpinned)}.",
        markup=False,
    )
