"""Files of leads come in stretch by stretch, each row once."""

from datetime import timedelta
from typing import Any

import pytest

from cast import IDS_AT_ONCE, Player, Stage
from dealtrace.errors import ImportInProgress, InvalidParameters, LeadTaken, Refusal, Violation
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.file_import import FileImport, ImportedFile, ImportRow
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.import_file import ImportedRows, begin_import, finish_import, import_rows
from dealtrace.operations.leads.import_leads import import_calls, import_lead_requests
from stored import deal_of, points_of, rows_of
from write_commands import NOON, by_call, by_contact, registration

PHONE = "79205550055"
FAULT = InvalidParameters([Violation("phone", "длинно", "long")])


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def begin(stage: Stage, player: Player, digest: str = "d") -> FileImport:
    with stage.database.write() as connection:
        return begin_import(stage.work(connection, player, NOON), digest, ImportedFile("call", "calls.csv"))


def bring(
    stage: Stage, player: Player, at: FileImport, *rows: Any, kind: LeadKind = LeadKind.CALL, first: int = 2
) -> ImportedRows:
    stage.ids.ensure(IDS_AT_ONCE)
    numbered = [ImportRow(number, content) for number, content in enumerate(rows, first)]
    run = import_calls if kind is LeadKind.CALL else import_lead_requests
    with stage.database.write() as connection:
        return import_rows(stage.work(connection, player, NOON), run, at, numbered)


def call(reference: str | None = None, phone: str = PHONE, **more: Any) -> IncomingCall:
    return IncomingCall(NOON - timedelta(minutes=5), timedelta(minutes=1), phone, reference, **more)


def lead_request(number: str | None = None, **more: Any) -> IncomingLeadRequest:
    return IncomingLeadRequest(NOON - timedelta(minutes=5), PHONE, number=number, **more)


def test_it_counts_what_came_of_the_rows(stage: Stage, shop: Player) -> None:
    done = bring(stage, shop, begin(stage, shop), call("a"), FAULT, call("a"), call("b"))
    assert done.at == FileImport("d", NOON, last_row=5, taken_in=2, refused=2, number=1)
    assert list(done.refused) == [3, 4]
    assert done.refused[3] is FAULT
    assert isinstance(done.refused[4], LeadTaken)
    assert begin(stage, shop) == done.at
    assert len(rows_of(stage.database, shop)["call"]) == 2


def test_rows_that_are_all_refused_are_counted(stage: Stage, shop: Player) -> None:
    assert bring(stage, shop, begin(stage, shop), FAULT).at.refused == 1


def test_it_costs_no_points(stage: Stage, shop: Player) -> None:
    bring(stage, shop, begin(stage, shop), call())
    assert points_of(stage.database, shop) == 0


def test_rows_come_in_once_whoever_brings_them(stage: Stage, shop: Player) -> None:
    at = begin(stage, shop)
    bring(stage, shop, at, call())
    with pytest.raises(ImportInProgress):
        bring(stage, shop, at, call())
    assert len(rows_of(stage.database, shop)["call"]) == 1


def test_a_finished_import_stays_finished(stage: Stage, shop: Player) -> None:
    at = bring(stage, shop, begin(stage, shop), call()).at
    with stage.database.write() as connection:
        finished = finish_import(stage.work(connection, shop, NOON), at, "call")
    assert begin(stage, shop) == finished
    assert finished.finished_at == NOON
    with pytest.raises(ImportInProgress):
        bring(stage, shop, finished, call(), first=3)
    with pytest.raises(ImportInProgress), stage.database.write() as connection:
        finish_import(stage.work(connection, shop, NOON), at, "call")


def test_each_site_has_imports_of_its_own(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    bring(stage, shop, begin(stage, shop), call("a", id=7))
    assert begin(stage, neighbour).last_row == 0
    assert not bring(stage, neighbour, begin(stage, neighbour), call("a", id=7)).refused


def test_leads_keep_the_vendors_ids(stage: Stage, shop: Player) -> None:
    bring(stage, shop, begin(stage, shop), call(id=7), call(id=9))
    bring(
        stage, shop, begin(stage, shop, "e"), lead_request(id=8), lead_request("n", id=10), kind=LeadKind.LEAD_REQUEST
    )
    rows = rows_of(stage.database, shop)
    assert [row[1] for row in rows["call"]] == [7, 9]
    assert [row[1:3] for row in rows["lead_request"]] == [(8, "8"), (10, "n")]


def test_an_id_that_is_taken_is_refused_for_that_row(stage: Stage, shop: Player) -> None:
    done = bring(stage, shop, begin(stage, shop), call(id=7), call(id=7), call(id=8))
    assert list(done.refused) == [3]
    other = begin(stage, shop, "e")
    sent = lead_request(id=7), lead_request("7"), lead_request(id=9), lead_request(id=9)
    refused = bring(stage, shop, other, *sent, kind=LeadKind.LEAD_REQUEST).refused
    assert list(refused) == [2, 5]
    assert all(isinstance(item, LeadTaken) for item in refused.values())
    again = bring(stage, shop, begin(stage, shop, "f"), call(id=9), call(id=8), call())
    assert list(again.refused) == [2, 3]


def test_a_number_that_is_an_id_elsewhere_is_refused(stage: Stage, shop: Player) -> None:
    rows = lead_request("7"), lead_request(id=7)
    assert list(bring(stage, shop, begin(stage, shop), *rows, kind=LeadKind.LEAD_REQUEST).refused) == [3]


def test_deals_that_waited_find_their_leads(stage: Stage, shop: Player) -> None:
    by_phone, by_id = stage.perform(
        register_deals,
        shop,
        registration("a", clue=by_contact(PHONE)),
        registration("b", clue=by_call(7)),
    )
    bring(stage, shop, begin(stage, shop), call(id=7))
    for receipt in (by_phone, by_id):
        assert not isinstance(receipt, Refusal)
        assert deal_of(stage.database, shop, receipt.deal_id).lead == LeadRef(LeadKind.CALL, 7)
