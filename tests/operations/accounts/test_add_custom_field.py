"""Adding custom fields to a site."""

import pytest

from account_work import account_work
from cast import VLADIVOSTOK, Player, Stage
from dealtrace.errors import InvalidSetting, NameTaken, SiteNotFound
from dealtrace.leads.limits import CUSTOM_NAME_LENGTH_MAX
from dealtrace.operations.accounts.custom_fields import add_custom_field
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.accounts.custom_fields import insert_custom_field, list_custom_fields, list_unknown_fields
from dealtrace.storage.accounts.revision import find_revision
from dealtrace.storage.accounts.sites import find_site
from stored import rows_of
from write_commands import registration, utc_now


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def add(stage: Stage, site_id: int, name: str) -> None:
    with stage.database.write() as connection:
        add_custom_field(account_work(connection, utc_now()), site_id, name)


def revision(stage: Stage) -> int:
    with stage.database.read() as connection:
        return find_revision(connection)


@pytest.mark.parametrize("name", ["margin", "Маржа, %", " \u200emargin", "a]b[c", "x" * CUSTOM_NAME_LENGTH_MAX])
def test_it_adds_a_field_to_the_site_and_notifies_running_servers(stage: Stage, shop: Player, name: str) -> None:
    before = revision(stage)
    add(stage, shop.site.id, name)
    with stage.database.read() as connection:
        site = find_site(connection, shop.site.id)
    assert site is not None
    assert site.custom_fields == {name.strip(" \u200e")}
    assert revision(stage) > before


def test_a_name_that_a_field_has_between_marks_is_taken(stage: Stage, shop: Player) -> None:
    with stage.database.write() as connection:
        insert_custom_field(connection, shop.site.id, "\ufeffcity ", utc_now())
    with pytest.raises(NameTaken):
        add(stage, shop.site.id, "city")


@pytest.mark.parametrize("name", ["", " ", "x" * (CUSTOM_NAME_LENGTH_MAX + 1)])
def test_it_refuses_a_name_of_no_fit_length(stage: Stage, shop: Player, name: str) -> None:
    with pytest.raises(InvalidSetting):
        add(stage, shop.site.id, name)
    assert rows_of(stage.database, shop) == {}


def test_it_refuses_a_field_the_site_has(stage: Stage, shop: Player) -> None:
    add(stage, shop.site.id, "margin")
    with pytest.raises(NameTaken, match="margin"):
        add(stage, shop.site.id, "margin")
    add(stage, shop.site.id, "Margin")
    with stage.database.read() as connection:
        assert sorted(list_custom_fields(connection, shop.site.id)) == ["Margin", "margin"]


def test_it_refuses_a_site_there_is_not(stage: Stage) -> None:
    with pytest.raises(SiteNotFound):
        add(stage, 10**6, "margin")


def test_it_leaves_a_neighbour_without_the_field(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(time_zone=VLADIVOSTOK)
    add(stage, shop.site.id, "margin")
    assert rows_of(stage.database, neighbour) == {}
    add(stage, neighbour.site.id, "margin")


def test_it_no_longer_counts_the_field_among_the_unknown(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    said = registration("N", custom_values={"margin": "1", "colour": "red"})
    stage.perform(register_deals, shop, said)
    stage.perform(register_deals, neighbour, said)
    add(stage, shop.site.id, "margin")
    with stage.database.read() as connection:
        names = [
            [field.name for field in list_unknown_fields(connection, player.site.id)] for player in (shop, neighbour)
        ]
    assert names == [["colour"], ["colour", "margin"]]
