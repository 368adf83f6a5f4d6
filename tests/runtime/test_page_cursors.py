"""Where the pages of a reader ended, and for how long that is remembered."""

from datetime import UTC, datetime, timedelta

from dealtrace.runtime.page_cursors import ENDS_MAX, TRAIL_SECONDS, TRAILS_MAX, PageCursors
from dealtrace.storage.journals.keyset_pages import Cursor, ListPage, SortKey

NOON = datetime(2018, 3, 26, 12, tzinfo=UTC)
SIZE = 10


class Clock:
    """Tells the seconds it is set to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def end_of(number: int) -> SortKey:
    return SortKey(NOON + timedelta(minutes=number), number)


def turn(page_cursors: PageCursors, reader: str, *numbers: int, found: int = SIZE, total: int = 1000) -> None:
    """Read pages of a reader, as a server does."""
    for number in numbers:
        cursor = page_cursors.cursor_of(reader, (number - 1) * SIZE)
        page_cursors.keep(reader, cursor, ListPage(list(range(found)), end_of(number) if found else None, total))


def test_nobody_is_known_at_first() -> None:
    page_cursors = PageCursors(Clock())
    assert page_cursors.cursor_of("a", 0) == Cursor()
    assert page_cursors.cursor_of("a", 40) == Cursor(40, None, 40, None)


def test_the_next_page_begins_where_the_page_before_ended() -> None:
    page_cursors = PageCursors(Clock())
    turn(page_cursors, "a", 1, 2, total=77)
    assert page_cursors.cursor_of("a", 20) == Cursor(20, end_of(2), 0, 77)
    assert page_cursors.cursor_of("a", 10) == Cursor(10, end_of(1), 0, 77)
    assert page_cursors.cursor_of("b", 20) == Cursor(20, None, 20, None)


def test_a_jump_is_counted_from_the_nearest_end_before_it() -> None:
    page_cursors = PageCursors(Clock())
    turn(page_cursors, "a", 1, 3)
    assert page_cursors.cursor_of("a", 25) == Cursor(25, end_of(1), 15, 1000)
    assert page_cursors.cursor_of("a", 50) == Cursor(50, end_of(3), 20, 1000)
    assert page_cursors.cursor_of("a", 5) == Cursor(5, None, 5, 1000)


def test_the_first_page_is_counted_anew_and_spoils_nobody_elses_way() -> None:
    page_cursors = PageCursors(Clock())
    turn(page_cursors, "a", 1, 2)
    assert page_cursors.cursor_of("a", 0) == Cursor()
    turn(page_cursors, "a", 1, total=5)
    assert page_cursors.cursor_of("a", 20) == Cursor(20, end_of(2), 0, 5)


def test_a_page_with_nothing_on_it_ends_nowhere() -> None:
    page_cursors = PageCursors(Clock())
    turn(page_cursors, "a", 1, found=3)
    turn(page_cursors, "a", 2, found=0)
    assert page_cursors.cursor_of("a", 10) == Cursor(10, end_of(1), 7, 1000)


def test_a_reader_who_was_away_too_long_is_forgotten() -> None:
    clock = Clock()
    page_cursors = PageCursors(clock)
    turn(page_cursors, "a", 1)
    clock.seconds += TRAIL_SECONDS
    assert page_cursors.cursor_of("a", 10).after == end_of(1)
    clock.seconds += 1
    assert page_cursors.cursor_of("a", 10) == Cursor(10, None, 10, None)
    turn(page_cursors, "a", 2)
    assert page_cursors.cursor_of("a", 20).after == end_of(2)


def test_memory_is_bounded_by_who_asked_longest_ago_and_by_the_oldest_ends() -> None:
    page_cursors = PageCursors(Clock())
    turn(page_cursors, "first", 1)
    turn(page_cursors, "patient", *range(1, ENDS_MAX + 2))
    for number in range(TRAILS_MAX - 1):
        turn(page_cursors, f"reader {number}", 1)
    assert page_cursors.cursor_of("first", SIZE).after is None
    assert page_cursors.cursor_of("patient", SIZE).after is None
    assert page_cursors.cursor_of("patient", 2 * SIZE).after == end_of(2)
    assert page_cursors.cursor_of("patient", (ENDS_MAX + 1) * SIZE).after == end_of(ENDS_MAX + 1)
