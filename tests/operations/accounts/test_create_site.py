"""Creating sites."""

from dataclasses import replace
from typing import Any

import pytest

from account_work import account_work
from cast import MOSCOW, VLADIVOSTOK
from dealtrace.accounts.counter_code import is_counter_code
from dealtrace.accounts.site import Site, SiteId
from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.operations.accounts.change_site_settings import NAME_LENGTH_MAX
from dealtrace.operations.accounts.create_site import create_site
from dealtrace.storage.accounts.revision import find_revision
from dealtrace.storage.accounts.sites import find_site, list_sites
from dealtrace.storage.database.engine import Database
from write_commands import utc_now

WANTED = Site(SiteId(0), "Shop", MOSCOW)


def create(database: Database, site: Site = WANTED) -> Site:
    with database.write() as connection:
        return create_site(account_work(connection, utc_now()), site)


def sites_of(database: Database) -> list[Site]:
    with database.read() as connection:
        return list_sites(connection)


def test_it_counts_sites_from_one(database: Database) -> None:
    assert [create(database).id for _ in range(3)] == [1, 2, 3]


def test_it_keeps_every_setting(database: Database) -> None:
    wanted = Site(
        SiteId(0),
        "Магазин",
        VLADIVOSTOK,
        contact_matching=True,
        points_per_day=100,
        point_costs={"register": 2},
        attribution=0,
        cors_origins=("https://shop.example",),
        counter_code="k3v9x0aq",
    )
    created = create(database, wanted)
    assert created == replace(wanted, id=SiteId(1))
    with database.read() as connection:
        assert find_site(connection, 1) == created


def test_each_site_gets_a_counter_of_its_own(database: Database) -> None:
    codes = {create(database).counter_code for _ in range(5)}
    assert len(codes) == 5
    assert all(is_counter_code(code) for code in codes)


def test_it_leaves_contact_matching_off_and_points_unlimited_unless_stated_otherwise(database: Database) -> None:
    created = create(database)
    assert (created.contact_matching, created.points_per_day, created.attribution) == (False, 0, 1)


def test_it_keeps_an_id_brought_along_and_goes_on_above_it(database: Database) -> None:
    assert create(database, replace(WANTED, id=SiteId(51234))).id == 51234
    assert create(database).id == 51235
    assert create(database, replace(WANTED, id=SiteId(7))).id == 7
    assert [site.id for site in sites_of(database)] == [7, 51234, 51235]


def test_it_refuses_an_id_that_is_in_use(database: Database) -> None:
    created = create(database)
    with pytest.raises(NameTaken, match="site 1"):
        create(database, replace(WANTED, id=created.id, name="Other"))
    assert sites_of(database) == [created]


@pytest.mark.parametrize("name", ["", "  ", "x" * (NAME_LENGTH_MAX + 1)])
def test_it_refuses_a_name_nobody_can_use(database: Database, name: str) -> None:
    with pytest.raises(InvalidSetting):
        create(database, replace(WANTED, name=name))
    assert sites_of(database) == []


@pytest.mark.parametrize(("name", "kept"), [(" Shop ", "Shop"), ("x" * NAME_LENGTH_MAX, "x" * NAME_LENGTH_MAX)])
def test_it_keeps_the_name_without_the_space_around_it(database: Database, name: str, kept: str) -> None:
    assert create(database, replace(WANTED, name=name)).name == kept


def test_it_notifies_running_servers(database: Database) -> None:
    def revision() -> Any:
        with database.read() as connection:
            return find_revision(connection)

    before = revision()
    create(database)
    assert revision() > before
