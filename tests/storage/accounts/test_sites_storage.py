"""Sites: stored with all their settings, numbered, and changed one at a time."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from cast import MOSCOW, VLADIVOSTOK
from dealtrace.accounts.site import Site, SiteId
from dealtrace.storage.accounts import sites
from dealtrace.storage.accounts.custom_fields import insert_custom_field
from write_commands import NOON

SITE = Site(SiteId(1), "Shop", MOSCOW)
RICH = Site(
    SiteId(51234),
    "Магазин",
    VLADIVOSTOK,
    contact_matching=True,
    points_per_day=2**53,
    point_costs={"register": 2, "orders-diary": 0},
    attribution=0,
)


@pytest.mark.parametrize("site", [SITE, RICH])
def test_it_keeps_a_site_with_its_settings(connection: Connection, site: Site) -> None:
    sites.insert_site(connection, site, NOON)
    assert sites.find_site(connection, site.id) == site
    assert sites.list_sites(connection) == [site]


def test_it_finds_a_site_with_its_own_fields(connection: Connection) -> None:
    sites.insert_site(connection, SITE, NOON)
    sites.insert_site(connection, RICH, NOON)
    for site_id, name in ((SITE.id, "a"), (SITE.id, "b"), (RICH.id, "c")):
        insert_custom_field(connection, site_id, name, NOON)
    assert sites.list_sites(connection) == [
        replace(SITE, custom_fields=frozenset("ab")),
        replace(RICH, custom_fields=frozenset("c")),
    ]


def test_it_finds_no_site_that_is_not_there(connection: Connection) -> None:
    assert sites.find_site(connection, 1) is None
    assert sites.list_sites(connection) == []
    assert sites.next_site_id(connection) == 1


def test_it_numbers_a_new_site_above_the_highest(connection: Connection) -> None:
    sites.insert_site(connection, RICH, NOON)
    sites.insert_site(connection, SITE, NOON)
    assert sites.next_site_id(connection) == RICH.id + 1


def test_it_changes_settings_of_one_site(connection: Connection) -> None:
    sites.insert_site(connection, SITE, NOON)
    sites.insert_site(connection, RICH, NOON)
    assert sites.update_site(connection, SITE.id, {"name": "Other", "point_costs": {"register": 0}})
    assert sites.find_site(connection, SITE.id) == replace(SITE, name="Other", point_costs={"register": 0})
    assert sites.find_site(connection, RICH.id) == RICH
    assert not sites.update_site(connection, 7, {"name": "Nobody"})
