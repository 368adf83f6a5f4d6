"""A site's own fields, and the counts of those it does not have."""

from datetime import timedelta

from sqlalchemy import Connection

from dealtrace.storage.accounts.custom_fields import (
    UnknownField,
    count_unknown_fields,
    insert_custom_field,
    list_custom_fields,
    list_unknown_fields,
)
from dealtrace.storage.accounts.unknown_names import NAMES_MAX, OTHER_NAMES
from dealtrace.storage.database.engine import Database
from stored import side_by_side
from write_commands import NOON

LATER = NOON + timedelta(hours=1)


def test_it_adds_a_field_once_to_each_site(connection: Connection) -> None:
    added = [insert_custom_field(connection, site_id, "margin", NOON) for site_id in (1, 1, 2)]
    assert added == [True, False, True]
    assert list_custom_fields(connection, 1) == list_custom_fields(connection, 2) == ["margin"]
    assert list_custom_fields(connection, 3) == []


def test_it_lists_fields_by_name(connection: Connection) -> None:
    for name in ("b", "ё", "a", "B"):
        insert_custom_field(connection, 1, name, NOON)
    assert list_custom_fields(connection, 1) == ["B", "a", "b", "ё"]


def test_it_adds_up_what_was_passed_over(connection: Connection) -> None:
    count_unknown_fields(connection, 1, {"a": 2, "b": 1}, NOON)
    count_unknown_fields(connection, 1, {"b": 4, "c": 2}, LATER)
    count_unknown_fields(connection, 2, {"a": 9}, NOON)
    assert list_unknown_fields(connection, 1) == [
        UnknownField("b", 5, LATER),
        UnknownField("a", 2, NOON),
        UnknownField("c", 2, LATER),
    ]
    assert list_unknown_fields(connection, 2) == [UnknownField("a", 9, NOON)]


def test_it_counts_nothing_where_nothing_was_passed_over(connection: Connection) -> None:
    count_unknown_fields(connection, 1, {}, NOON)
    assert list_unknown_fields(connection, 1) == []


def test_it_knows_a_field_no_longer_as_unknown_once_it_is_added(connection: Connection) -> None:
    for site_id in (1, 2):
        count_unknown_fields(connection, site_id, {"a": 1, "b": 1}, NOON)
    insert_custom_field(connection, 1, "a", NOON)
    names = [[field.name for field in list_unknown_fields(connection, site_id)] for site_id in (1, 2)]
    assert names == [["b"], ["a", "b"]]


def test_it_keeps_a_bounded_number_of_names_a_site_and_counts_the_others_together(connection: Connection) -> None:
    for hundred in range(9):
        count_unknown_fields(connection, 1, {f"{hundred}-{number:02}": 1 for number in range(100)}, NOON)
    count_unknown_fields(connection, 1, {f"many-{number:03}": 2 for number in range(200)}, NOON)
    count_unknown_fields(connection, 1, {"0-00": 5, "new": 3}, LATER)
    count_unknown_fields(connection, 2, {"new": 1}, LATER)
    found = {field.name: field.seen for field in list_unknown_fields(connection, 1)}
    assert len(found) == NAMES_MAX + 1
    assert (found["0-00"], found["many-099"], found[OTHER_NAMES]) == (6, 2, 100 * 2 + 3)
    assert "new" not in found
    assert sum(found.values()) == 9 * 100 + 200 * 2 + 5 + 3
    assert list_unknown_fields(connection, 2) == [UnknownField("new", 1, LATER)]


def test_a_field_that_is_added_makes_room_for_another_name(connection: Connection) -> None:
    count_unknown_fields(connection, 1, {f"{number:04}": 1 for number in range(NAMES_MAX)}, NOON)
    insert_custom_field(connection, 1, "0000", NOON)
    count_unknown_fields(connection, 1, {"new": 1, "newer": 1}, LATER)
    found = {field.name: field.seen for field in list_unknown_fields(connection, 1)}
    assert (found["new"], found[OTHER_NAMES]) == (1, 1)


def test_it_loses_no_count_of_two_servers(database: Database) -> None:
    side_by_side(
        database,
        lambda connection: count_unknown_fields(connection, 1, {"a": 2}, NOON),
        lambda connection: count_unknown_fields(connection, 1, {"a": 3}, LATER),
    )
    with database.read() as connection:
        assert list_unknown_fields(connection, 1) == [UnknownField("a", 5, LATER)]
