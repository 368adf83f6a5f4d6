"""Changes that a person makes to a deal in the cabinet, the web interface.

Each change creates a version of the deal. None costs points (the API's daily quota).
"""

from collections.abc import Sequence
from enum import StrEnum

from dealtrace.deals.deal import Deal
from dealtrace.errors import Refusal
from dealtrace.leads.lead import LeadRef
from dealtrace.operations.deals.delete import delete_deal, restore_deal
from dealtrace.operations.deals.pin import pin_deal, unpin_deal
from dealtrace.operations.deals.undo import undo_version
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record


class DealActionKind(StrEnum):
    """The changes that a person can make to a deal."""

    PIN = "pin"
    UNPIN = "unpin"
    UNDO = "undo"
    DELETE = "delete"
    RESTORE = "restore"


@record
class DealAction:
    """A change that a person makes to a deal.

    `lead` is the lead to which the deal is pinned, or `None` to pin it to no lead. `version` is the number of the
    version to undo.
    """

    kind: DealActionKind
    deal_id: int
    lead: LeadRef | None = None
    version: int = 0


@operation(ids_per_command=0)
def act_on_deals(work: Work, commands: Sequence[WriteCommand[DealAction]]) -> list[Deal | Refusal]:
    """Change deals as people requested, in input order; each outcome is the changed deal or a refusal."""
    lock_registrations(work)
    return [_outcome(work, command.payload, command.user_id) for command in commands]


def _outcome(work: Work, wanted: DealAction, user_id: int | None) -> Deal | Refusal:
    """Return the deal after the change, or a refusal; a refused change stores nothing."""
    try:
        match wanted.kind:
            case DealActionKind.PIN:
                return pin_deal(work, wanted.deal_id, wanted.lead, user_id=user_id)
            case DealActionKind.UNPIN:
                return unpin_deal(work, wanted.deal_id, user_id=user_id)
            case DealActionKind.UNDO:
                return undo_version(work, wanted.deal_id, wanted.version, user_id=user_id)
            case DealActionKind.DELETE:
                return delete_deal(work, wanted.deal_id, user_id=user_id)
            case DealActionKind.RESTORE:
                return restore_deal(work, wanted.deal_id, user_id=user_id)
    except Refusal as refusal:
        return refusal
