"""Where the pages of a reader ended, and for how long that is remembered."""

from datetime import UTC, datetime, timedelta

from dealtrace.runtime.page_cursors import POSITIONS_MAX, TRAIL_SECONDS, TRAILS_MAX, Bookmarks
from dealtrace.storage.journals.keyset_pages import KeyPage, Place, Position

NOON = datetime(2018, 3, 26, 12, tzinfo=UTC)
SIZE = 10


class Clock:
    """Tells the seconds it is set to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def end_of(number: int) -> Position:
    return Position(NOON + timedelta(minutes=number), number)


def turn(bookmarks: Bookmarks, reader: str, *numbers: int, found: int = SIZE, total: int = 1000) -> None:
    """Read pages of a reader, as a server does."""
    for number in numbers:
        place = bookmarks.place_of(reader, (number - 1) * SIZE)
        bookmarks.keep(reader, place, KeyPage(list(range(found)), end_of(number) if found else None, total))


def test_nobody_is_known_at_first() -> None:
    bookmarks = Bookmarks(Clock())
    assert bookmarks.place_of("a", 0) == Place()
    assert bookmarks.place_of("a", 40) == Place(40, None, 40, None)


def test_the_next_page_begins_where_the_page_before_ended() -> None:
    bookmarks = Bookmarks(Clock())
    turn(bookmarks, "a", 1, 2, total=77)
    assert bookmarks.place_of("a", 20) == Place(20, end_of(2), 0, 77)
    assert bookmarks.place_of("a", 10) == Place(10, end_of(1), 0, 77)
    assert bookmarks.place_of("b", 20) == Place(20, None, 20, None)


def test_a_jump_is_counted_from_the_nearest_end_before_it() -> None:
    bookmarks = Bookmarks(Clock())
    turn(bookmarks, "a", 1, 3)
    assert bookmarks.place_of("a", 25) == Place(25, end_of(1), 15, 1000)
    assert bookmarks.place_of("a", 50) == Place(50, end_of(3), 20, 1000)
    assert bookmarks.place_of("a", 5) == Place(5, None, 5, 1000)


def test_the_first_page_is_counted_anew_and_spoils_nobody_elses_way() -> None:
    bookmarks = Bookmarks(Clock())
    turn(bookmarks, "a", 1, 2)
    assert bookmarks.place_of("a", 0) == Place()
    turn(bookmarks, "a", 1, total=5)
    assert bookmarks.place_of("a", 20) == Place(20, end_of(2), 0, 5)


def test_a_page_with_nothing_on_it_ends_nowhere() -> None:
    bookmarks = Bookmarks(Clock())
    turn(bookmarks, "a", 1, found=3)
    turn(bookmarks, "a", 2, found=0)
    assert bookmarks.place_of("a", 10) == Place(10, end_of(1), 7, 1000)


def test_a_reader_who_was_away_too_long_is_forgotten() -> None:
    clock = Clock()
    bookmarks = Bookmarks(clock)
    turn(bookmarks, "a", 1)
    clock.seconds += TRAIL_SECONDS
    assert bookmarks.place_of("a", 10).after == end_of(1)
    clock.seconds += 1
    assert bookmarks.place_of("a", 10) == Place(10, None, 10, None)
    turn(bookmarks, "a", 2)
    assert bookmarks.place_of("a", 20).after == end_of(2)


def test_memory_is_bounded_by_who_asked_longest_ago_and_by_the_oldest_ends() -> None:
    bookmarks = Bookmarks(Clock())
    turn(bookmarks, "first", 1)
    turn(bookmarks, "patient", *range(1, POSITIONS_MAX + 2))
    for number in range(TRAILS_MAX - 1):
        turn(bookmarks, f"reader {number}", 1)
    assert bookmarks.place_of("first", SIZE).after is None
    assert bookmarks.place_of("patient", SIZE).after is None
    assert bookmarks.place_of("patient", 2 * SIZE).after == end_of(2)
    assert bookmarks.place_of("patient", (POSITIONS_MAX + 1) * SIZE).after == end_of(POSITIONS_MAX + 1)
