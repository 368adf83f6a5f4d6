"""A lead that disappears, and one that comes back: its deals stand as if it had never been there, or always."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.site import Site
from dealtrace.deals.deal import Deal
from dealtrace.errors import LeadNotDeleted, LeadNotFound, LeadTaken
from dealtrace.leads.call import Call, CallId, CallReport, IncomingCall
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest, LeadRequestId
from dealtrace.operations.deals.pin import pin_deal
from dealtrace.operations.leads.delete import delete_lead, restore_lead
from dealtrace.operations.leads.register_lead_requests import register_lead_requests
from dealtrace.operations.leads.report_calls import report_calls
from dealtrace.operations.personal_data import erase_person, export_person
from dealtrace.operations.work import Work
from stored import lead_of, versions_of
from write_commands import NOON, by_call, by_contact, register_by

PHONE, MAIL = "79205550055", "ivan@example.ru"
BEFORE = NOON - timedelta(minutes=10)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def ref_of(lead: Call | LeadRequest) -> LeadRef:
    return LeadRef(LeadKind.CALL if isinstance(lead, Call) else LeadKind.LEAD_REQUEST, lead.id)


def change(stage: Stage, site: Site, verb: Callable[..., list[Deal]], lead: Call | LeadRequest | LeadRef) -> list[int]:
    ref = lead if isinstance(lead, LeadRef) else ref_of(lead)
    with stage.database.write() as connection:
        return [deal.id for deal in verb(Work(connection, stage.ids, datetime.now(UTC), site), ref)]


def test_its_deals_go_to_the_next_nearest_and_come_back(stage: Stage, shop: Player) -> None:
    near = stage.call(shop, BEFORE, phone=PHONE, reference="ats-1")
    far = stage.call(shop, BEFORE - timedelta(minutes=20), phone=PHONE)
    by_phone = register_by(stage, shop, by_contact(PHONE), "a")
    by_name = register_by(stage, shop, by_call(reference="ats-1"), "b")
    assert sorted(change(stage, shop.site, delete_lead, near)) == sorted([by_phone, by_name])
    assert lead_of(stage, shop, by_phone) == ref_of(far)
    assert lead_of(stage, shop, by_name) is None
    assert sorted(change(stage, shop.site, restore_lead, near)) == sorted([by_phone, by_name])
    assert lead_of(stage, shop, by_phone) == lead_of(stage, shop, by_name) == ref_of(near)
    assert [version.kind for version in versions_of(stage.database, shop, by_phone)] == [
        "registered",
        "matched",
        "matched",
    ]


def test_it_matters_not_whether_the_deal_came_before_it_went(stage: Stage, shop: Player) -> None:
    gone = stage.lead_request(shop, BEFORE, email=MAIL)
    earlier = register_by(stage, shop, by_contact(email=MAIL), "a")
    change(stage, shop.site, delete_lead, gone)
    later = register_by(stage, shop, by_contact(email=MAIL), "b")
    named = register_by(stage, shop, by_call(call_id=stage.call(shop, BEFORE).id), "c")
    assert lead_of(stage, shop, earlier) is lead_of(stage, shop, later) is None
    assert lead_of(stage, shop, named) is not None
    change(stage, shop.site, restore_lead, gone)
    assert lead_of(stage, shop, earlier) == lead_of(stage, shop, later) == ref_of(gone)


def test_a_deal_loses_it_even_where_contacts_are_not_matched_any_more(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, BEFORE, phone=PHONE)
    deal_id = register_by(stage, shop, by_contact(PHONE))
    off = stage.open_site().site
    site = Site(shop.site.id, off.name, off.time_zone)
    assert change(stage, site, delete_lead, call) == [deal_id]
    assert lead_of(stage, shop, deal_id) is None


def test_a_pinned_deal_keeps_it(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, BEFORE, phone=PHONE)
    deal_id = register_by(stage, shop, by_contact(PHONE))
    with stage.database.write() as connection:
        pin_deal(stage.work(connection, shop, datetime.now(UTC)), deal_id, ref_of(call))
    assert change(stage, shop.site, delete_lead, call) == []
    assert lead_of(stage, shop, deal_id) == ref_of(call)


def test_its_names_stay_taken(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, BEFORE, reference="ats-1")
    change(stage, shop.site, delete_lead, call)
    (refused,) = stage.calls(shop, IncomingCall(NOON, timedelta(0), PHONE, "ats-1"))
    assert isinstance(refused, LeadTaken)


def test_its_id_stays_taken_for_leads_of_both_kinds(stage: Stage, shop: Player) -> None:
    stage.calls(shop, IncomingCall(NOON, timedelta(0), PHONE, id=CallId(17)))
    change(stage, shop.site, delete_lead, LeadRef(LeadKind.CALL, 17))
    (call,) = stage.calls(shop, IncomingCall(NOON, timedelta(0), PHONE, id=CallId(17)))
    request_17 = IncomingLeadRequest(NOON, number="R-1", id=LeadRequestId(17))
    (request,) = stage.perform(register_lead_requests, shop, request_17)
    assert isinstance(call, LeadTaken)
    assert isinstance(request, LeadTaken)


def test_an_exchange_that_reports_it_again_does_not_bring_it_back(stage: Stage, shop: Player) -> None:
    deal_id = register_by(stage, shop, by_contact(PHONE))
    (call_id,) = stage.perform(report_calls, shop, CallReport("ats-1", BEFORE, phone=PHONE))
    ref = LeadRef(LeadKind.CALL, call_id)
    change(stage, shop.site, delete_lead, ref)
    stage.perform(report_calls, shop, CallReport("ats-1", BEFORE, timedelta(seconds=90), PHONE))
    assert lead_of(stage, shop, deal_id) is None
    change(stage, shop.site, restore_lead, ref)
    assert lead_of(stage, shop, deal_id) == ref


def test_only_one_that_is_there_goes_and_only_a_hidden_one_comes_back(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, BEFORE)
    with pytest.raises(LeadNotDeleted):
        change(stage, shop.site, restore_lead, call)
    change(stage, shop.site, delete_lead, call)
    with pytest.raises(LeadNotFound):
        change(stage, shop.site, delete_lead, call)
    for verb in (delete_lead, restore_lead):
        for unknown in (LeadRef(LeadKind.LEAD_REQUEST, call.id), LeadRef(LeadKind.CALL, 1)):
            with pytest.raises(LeadNotFound):
                change(stage, shop.site, verb, unknown)


def test_of_another_site_nothing_is_touched(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site(contact_matching=True)
    call = stage.call(shop, BEFORE, phone=PHONE)
    with pytest.raises(LeadNotFound):
        change(stage, neighbour.site, delete_lead, call)


def test_a_person_is_erased_from_it_too(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, BEFORE, phone="79205551234")
    stage.call(shop, NOON, phone="79205551234")
    change(stage, shop.site, delete_lead, call)
    with stage.database.write() as connection:
        result = export_person(connection, [shop.site], "79205551234")[shop.site.id]
        assert call.id in {row["id"] for row in result["call"]}
        erase_person(account_work(connection), [shop.site], "79205551234")
    change(stage, shop.site, restore_lead, call)
    with stage.database.read() as connection:
        phones = connection.exec_driver_sql(f"SELECT phone FROM call WHERE id = {call.id}").scalars().all()
    assert phones == [""]
