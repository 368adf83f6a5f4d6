"""Unknown parameters are counted per site, path and name, each beside the known name it is most like."""

from datetime import timedelta

from cast import Player, Stage
from dealtrace.operations.accounts.count_unknown_parameters import UnknownParameters, count_unknown_parameters
from dealtrace.storage.accounts.unknown_names import (
    NAMES_MAX,
    OPEN_NAMES_MAX,
    UnknownParameter,
    list_unknown_parameters,
)
from write_commands import NOON

KNOWN = {"/register": ("orderNumber", "manager"), "/update": ("status",)}
LATER = NOON + timedelta(hours=1)


def listed(stage: Stage, player: Player) -> list[UnknownParameter]:
    with stage.database.read() as connection:
        return list_unknown_parameters(connection, player.site.id)


def test_counts_of_a_batch_and_of_later_ones_add_up(stage: Stage, shop: Player) -> None:
    stranger = stage.open_site()
    first = UnknownParameters({("/register", "orderNumbr"): 2, ("/update", "orderStatus"): 1}, KNOWN)
    again = UnknownParameters({("/register", "orderNumbr"): 3, ("/register", "xyzzy"): 1}, KNOWN)
    stage.perform(count_unknown_parameters, shop, first, again, now=NOON)
    stage.perform(count_unknown_parameters, shop, again, now=LATER)
    stage.perform(count_unknown_parameters, stranger, first, now=NOON)
    assert listed(stage, shop) == [
        UnknownParameter("/register", "orderNumbr", "orderNumber", 8, LATER),
        UnknownParameter("/register", "xyzzy", None, 2, LATER),
        UnknownParameter("/update", "orderStatus", "status", 1, NOON),
    ]
    assert [item.seen for item in listed(stage, stranger)] == [2, 1]


def test_names_beyond_the_first_thousand_are_counted_together(stage: Stage, shop: Player) -> None:
    many = {("/register", f"n{number:04}"): 1 for number in range(NAMES_MAX + 20)}
    stage.perform(count_unknown_parameters, shop, UnknownParameters(many, KNOWN), now=NOON)
    late = UnknownParameters({("/update", "late"): 5, ("", ""): 2, ("/register", "n0000"): 1}, KNOWN)
    stage.perform(count_unknown_parameters, shop, late, now=LATER)
    found = {(item.path, item.name): item.seen for item in listed(stage, shop)}
    assert len(found) == NAMES_MAX + 1
    assert (found["", ""], found["/register", "n0000"]) == (20 + 5 + 2, 2)


def test_names_that_anybody_may_send_leave_room_for_the_others(stage: Stage, shop: Player) -> None:
    many = {("/form", f"n{number:04}"): 1 for number in range(NAMES_MAX + 20)}
    stage.perform(count_unknown_parameters, shop, UnknownParameters(many, KNOWN, frozenset({"/form"})), now=NOON)
    late = {("/register", "orderNumbr"): 5, ("/form", "late"): 1}
    stage.perform(count_unknown_parameters, shop, UnknownParameters(late, KNOWN, frozenset({"/form"})), now=LATER)
    found = {(item.path, item.name): item.seen for item in listed(stage, shop)}
    assert len(found) == OPEN_NAMES_MAX + 2
    assert (found["/register", "orderNumbr"], found["", ""]) == (5, NAMES_MAX + 20 - OPEN_NAMES_MAX + 1)
