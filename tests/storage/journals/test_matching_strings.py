"""The conditions that let SQLite use its indexes find what reading all rows of the site would find."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, insert, or_, select

from cast import Player, Stage
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.search_field import SearchText, parse_search
from dealtrace.storage.journals.search_rows import find_searched_deals, find_searched_leads
from dealtrace.storage.schema.tables.leads import client, lead_request
from examples import examples
from plans import plans_of, statements_on
from write_commands import NOON

LETTERS = "aBьЪёЁеІßİ1279%_\\@.- \n"
STRINGS = st.text(LETTERS, min_size=1, max_size=8)
TYPED = st.text(LETTERS.replace("\n", "") + "***", min_size=1, max_size=7)
FIRST_ID = 10**9


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


@given(strings=st.lists(STRINGS, max_size=12), typed=TYPED)
@settings(max_examples=examples(150))
def test_they_find_what_like_finds(stage: Stage, strings: list[str], typed: str) -> None:
    search = parse_search(typed)
    if search is None:
        return
    site = stage.open_site().site.id
    with stage.database.write() as connection:
        for id_, name in enumerate(strings, FIRST_ID):
            connection.execute(insert(client).values(site_id=site, id=id_, name=name))
            moment = {"requested_at": NOON, "recorded_at": NOON}
            values = {
                "site_id": site,
                "id": id_,
                "number": f"{name}{id_ - FIRST_ID}",
                "form_name": "",
                "client_id": id_,
            }
            connection.execute(insert(lead_request).values(values | moment))
        found = find_searched_leads(connection, site, search)[LeadKind.LEAD_REQUEST]
        assert set(found.ids) == expected(connection, site, search)
        assert not found.is_cut


def expected(connection: Connection, site: int, search: SearchText) -> set[int]:
    if search.mask is not None:
        return found_by_like(connection, site, lead_request.c.number, [plain_like(search.mask)])
    typed = search.text
    same = or_(lead_request.c.number == typed, lead_request.c.id == (search.id or 0))
    exact = set(connection.execute(select(lead_request.c.id).where(lead_request.c.site_id == site, same)).scalars())
    if search.id is not None or search.is_contact:
        return exact
    written = {typed, typed.lower(), typed.upper(), typed.capitalize(), typed.title()}
    return exact | found_by_like(connection, site, client.c.name, [f"%{plain_like(text)}%" for text in written])


def found_by_like(connection: Connection, site: int, column: "Column[Any]", patterns: Iterable[str]) -> set[int]:
    """Return the ids of rows whose column is like one of the patterns; every row of the site is compared."""
    mine, ids = column.table.c.site_id == site, column.table.c.id
    queries = (select(ids).where(mine, column.like(pattern, escape="\\")) for pattern in patterns)
    return {id_ for query in queries for id_ in connection.execute(query).scalars()}


def plain_like(mask: str) -> str:
    for sign in "\\%_":
        mask = mask.replace(sign, f"\\{sign}")
    return mask.replace("*", "%")


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("typed", ["Client*", "client-1*4", "+7 (920) *55"])
def test_a_mask_with_a_beginning_reads_a_part_of_an_index(stage: Stage, shop: Player, typed: str) -> None:
    search = parse_search(typed)
    assert search is not None
    with stage.database.read() as connection, statements_on(stage.database.reader) as sent:
        find_searched_deals(connection, shop.site.id, search)
        find_searched_leads(connection, shop.site.id, search)
    plans = plans_of(stage.database, sent)
    assert "(site_id=? AND number>? AND number<?)" in plans
    whole = [line for line in plans.splitlines() if line.endswith("(site_id=?)")]
    assert not whole, plans
