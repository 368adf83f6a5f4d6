"""Where pages ended, in the database."""

from datetime import timedelta

from cast import Player, Stage
from dealtrace.operations.page_ends import KEPT_FOR, ReadPage, keep_page_ends
from dealtrace.storage.journals.keyset_pages import Cursor, SortKey
from dealtrace.storage.journals.page_ends import PageEnd, find_cursor
from write_commands import NOON


def read(stage: Stage, player: Player, *ends: tuple[str, int, int], first: bool = False, minutes: int = 0) -> None:
    """Keep ends of pages, each a reader, an offset and a total."""
    pages = [
        ReadPage(PageEnd(reader, offset, SortKey(NOON, offset), total), is_first=first)
        for reader, offset, total in ends
    ]
    stage.perform(keep_page_ends, player, *pages, now=NOON + timedelta(minutes=minutes))


def cursor(stage: Stage, player: Player, reader: str, offset: int, *, minutes: int = 0) -> Cursor:
    with stage.database.read() as connection:
        since = NOON + timedelta(minutes=minutes) - KEPT_FOR
        return find_cursor(connection, player.site.id, reader, offset, since)


def test_a_page_begins_at_the_nearest_end_before_it(stage: Stage, shop: Player) -> None:
    read(stage, shop, ("a", 10, 77), ("a", 20, 78), ("b", 30, 5), ("a", 20, 79))
    assert cursor(stage, shop, "a", 20) == Cursor(20, SortKey(NOON, 20), 0, 79)
    assert cursor(stage, shop, "a", 25) == Cursor(25, SortKey(NOON, 20), 5, 79)
    assert cursor(stage, shop, "a", 10) == Cursor(10, SortKey(NOON, 10), 0, 77)
    assert cursor(stage, shop, "a", 5) == Cursor(5, None, 5, None)
    assert cursor(stage, shop, "c", 40) == Cursor(40, None, 40, None)


def test_a_neighbour_has_no_part_in_it(stage: Stage, shop: Player) -> None:
    read(stage, shop, ("a", 10, 77))
    assert cursor(stage, stage.open_site(), "a", 10) == Cursor(10, None, 10, None)


def test_an_end_is_forgotten_after_a_while_and_deleted_by_a_first_page(stage: Stage, shop: Player) -> None:
    read(stage, shop, ("a", 10, 77))
    assert cursor(stage, shop, "a", 10, minutes=15).total == 77
    assert cursor(stage, shop, "a", 10, minutes=16).total is None
    read(stage, shop, ("b", 10, 1), minutes=16)
    assert cursor(stage, shop, "a", 10).total == 77
    read(stage, shop, ("b", 10, 1), first=True, minutes=16)
    assert cursor(stage, shop, "a", 10).total is None
