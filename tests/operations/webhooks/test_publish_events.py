"""What happens is put into the outbox of whoever wants it, in its order, and of nobody else."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from account_work import account_work
from cast import Player, Stage, moscow
from dealtrace.accounts.webhook import BodyStyle, EventKind, Webhook
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal_key import DealKey
from dealtrace.errors import NumberTaken
from dealtrace.leads.annotations import Addition
from dealtrace.leads.call import CallReport, Circumstances
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.matching.lead_search import SearchById
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.clear_fields import Clearing, LeadName, clear_fields
from dealtrace.operations.deals.delete import delete_deals, restore_deal
from dealtrace.operations.deals.pin import pin_deal, unpin_deal
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.annotate import AnnotationCall, LeadAnnotation, annotate_leads
from dealtrace.operations.leads.delete import delete_lead
from dealtrace.operations.leads.report_calls import report_calls
from dealtrace.operations.webhooks.create import NewWebhook, create_webhook
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.visits.credits import find_credits
from dealtrace.storage.webhooks.outbox import list_waiting_deliveries
from dealtrace.webhooks.event import DealEvent, Event, LeadEvent, LeadPart
from write_commands import NOON, by_contact, change, registration

EVERYTHING = frozenset(EventKind)
PHONE = "79205550055"


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def listen(stage: Stage, player: Player, events: Iterable[EventKind] = EVERYTHING) -> tuple[Player, Webhook]:
    """Give a site a webhook; return the site as servers see it then."""
    stage.ids.ensure(10)
    wanted = NewWebhook(player.site.id, "https://crm.example/hook", frozenset(events), BodyStyle.FORM)
    with stage.database.write() as connection:
        webhook = create_webhook(account_work(connection, NOON, stage.ids), wanted)
        site = find_site(connection, player.site.id)
    assert site is not None
    return replace(player, site=site), webhook


def published(stage: Stage, player: Player, webhook: Webhook) -> list[Event]:
    with stage.database.read() as connection:
        return [delivery.event for delivery in list_waiting_deliveries(connection, player.site.id, webhook.id, 1000)]


def kinds(stage: Stage, player: Player, webhook: Webhook) -> list[EventKind]:
    return [item.kind for item in published(stage, player, webhook)]


def test_the_life_of_a_deal_is_stated_in_order(stage: Stage, shop: Player) -> None:
    shop, hook = listen(stage, shop)
    (made,) = stage.perform(register_deals, shop, registration("K-1"))
    stage.perform(change_deals, shop, change(made.deal_id, status="won"))
    stage.perform(delete_deals, shop, DealKey(made.deal_id, None))
    with stage.database.write() as connection:
        restore_deal(stage.work(connection, shop, NOON), made.deal_id)
    assert published(stage, shop, hook) == [
        DealEvent(EventKind.DEAL_CREATED, made.deal_id, 1),
        DealEvent(EventKind.DEAL_CHANGED, made.deal_id, 2),
        DealEvent(EventKind.DEAL_DELETED, made.deal_id, 3),
        DealEvent(EventKind.DEAL_RESTORED, made.deal_id, 4),
    ]


def test_nothing_is_reported_of_what_changed_nothing(stage: Stage, shop: Player) -> None:
    shop, hook = listen(stage, shop)
    sent = registration("K-1", status="new")
    (made,) = stage.perform(register_deals, shop, sent)
    stage.perform(register_deals, shop, sent)
    (refused,) = stage.perform(register_deals, shop, replace(sent, fingerprint="another"))
    assert isinstance(refused, NumberTaken)
    stage.perform(change_deals, shop, change(made.deal_id, status="new"))
    assert kinds(stage, shop, hook) == [EventKind.DEAL_CREATED]


def test_a_lead_that_comes_in_late_is_stated_before_the_match_it_makes(stage: Stage, shop: Player) -> None:
    shop, hook = listen(stage, shop)
    (made,) = stage.perform(register_deals, shop, registration("K-1", clue=by_contact(PHONE)))
    call = stage.call(shop, NOON - timedelta(minutes=5), phone=PHONE)
    lead = LeadRef(LeadKind.CALL, call.id)
    assert published(stage, shop, hook)[1:] == [
        LeadEvent(EventKind.CALL_DISCONNECTED, lead),
        DealEvent(EventKind.DEAL_MATCHED, made.deal_id, 2),
        LeadEvent(EventKind.LEAD_CHANGED, lead, (LeadPart.DEAL,)),
    ]


def test_a_deal_that_loses_its_lead_is_stated(stage: Stage, shop: Player) -> None:
    shop, hook = listen(stage, shop, {EventKind.DEAL_MATCHED})
    call = stage.call(shop, NOON - timedelta(minutes=5), phone=PHONE)
    (made,) = stage.perform(register_deals, shop, registration("K-1", clue=by_contact(PHONE)))
    with stage.database.write() as connection:
        delete_lead(stage.work(connection, shop, NOON), LeadRef(LeadKind.CALL, call.id))
        pin_deal(stage.work(connection, shop, NOON), made.deal_id, None)
        unpin_deal(stage.work(connection, shop, NOON), made.deal_id)
    assert published(stage, shop, hook) == [
        DealEvent(EventKind.DEAL_MATCHED, made.deal_id, 1),
        DealEvent(EventKind.DEAL_MATCHED, made.deal_id, 2),
    ], "a pin that leaves the lead is no match"


def test_a_call_is_stated_as_it_begins_ends_and_changes(stage: Stage, shop: Player) -> None:
    shop, hook = listen(stage, shop)
    asterisk = Circumstances(pbx="asterisk")
    begun = CallReport("17.1", NOON, phone=PHONE, circumstances=asterisk)
    ended = replace(begun, duration=timedelta(seconds=40))
    for report in (begun, begun, ended, ended, replace(ended, phone="79990001122")):
        stage.perform(report_calls, shop, report)
    connected, disconnected, changed = published(stage, shop, hook)
    assert (connected.kind, disconnected.kind) == (EventKind.CALL_CONNECTED, EventKind.CALL_DISCONNECTED)
    assert isinstance(connected, LeadEvent)
    assert changed == LeadEvent(EventKind.LEAD_CHANGED, connected.lead, (LeadPart.PHONE,))


def test_nothing_is_reported_of_a_call_that_is_hidden(stage: Stage, shop: Player) -> None:
    shop, hook = listen(stage, shop)
    report = CallReport("17.1", NOON, phone=PHONE, circumstances=Circumstances(pbx="asterisk"))
    (call_id,) = stage.perform(report_calls, shop, report)
    with stage.database.write() as connection:
        delete_lead(stage.work(connection, shop, NOON), LeadRef(LeadKind.CALL, call_id))
    stage.perform(report_calls, shop, replace(report, duration=timedelta(seconds=9)))
    assert kinds(stage, shop, hook) == [EventKind.CALL_CONNECTED]


def test_what_is_added_to_a_lead_and_taken_away_is_stated(stage: Stage) -> None:
    shop, hook = listen(stage, stage.open_site(fields=["margin"]), {EventKind.LEAD_CHANGED})
    lead_request = stage.lead_request(shop, NOON, phone=PHONE)
    lead = LeadRef(LeadKind.LEAD_REQUEST, lead_request.id)

    def add(addition: Addition) -> None:
        sent = AnnotationCall(PaidMethod.TAG_LEADS, [LeadAnnotation((SearchById(lead),), addition)])
        stage.perform(annotate_leads, shop, sent)

    add(Addition(tags=("vip",), custom_values={"margin": "10"}))
    add(Addition(tags=("vip",)))
    for _ in range(2):
        stage.perform(clear_fields, shop, Clearing(LeadName(LeadKind.LEAD_REQUEST, id=lead.id), ("margin",)))
    assert published(stage, shop, hook) == [
        LeadEvent(EventKind.LEAD_CHANGED, lead, (LeadPart.TAGS, LeadPart.CUSTOM_VALUES)),
        LeadEvent(EventKind.LEAD_CHANGED, lead, (LeadPart.CUSTOM_VALUES,)),
    ]


def test_a_visit_that_earns_a_lead_s_credit_late_is_reported_once(stage: Stage, shop: Player) -> None:
    shop, hook = listen(stage, shop, {EventKind.LEAD_CHANGED})
    own = stage.visit(shop, NOON - timedelta(hours=1), TrafficSource("(direct)", "(none)"))
    call = stage.call(shop, NOON, visit_id=own.id)
    assert shop.site.attribution == AttributionModel.LAST_NON_DIRECT
    stage.visit(shop, NOON - timedelta(days=1), TrafficSource("yandex", "cpc"))
    stage.visit(shop, NOON - timedelta(days=2), TrafficSource("google", "cpc"))
    lead = LeadRef(LeadKind.CALL, call.id)
    assert published(stage, shop, hook) == [LeadEvent(EventKind.LEAD_CHANGED, lead, (LeadPart.VISIT,))]


def test_a_deleted_lead_is_credited_again_but_not_reported(stage: Stage, shop: Player) -> None:
    shop, hook = listen(stage, shop, {EventKind.LEAD_CHANGED})
    own = stage.visit(shop, NOON - timedelta(hours=1), TrafficSource("(direct)", "(none)"))
    lead = LeadRef(LeadKind.CALL, stage.call(shop, NOON, visit_id=own.id).id)
    with stage.database.write() as connection:
        delete_lead(stage.work(connection, shop), lead)
    earlier = stage.visit(shop, NOON - timedelta(days=1), TrafficSource("yandex", "cpc"))
    with stage.database.read() as connection:
        shares = find_credits(connection, shop.site.id, lead.id)
    assert shares[AttributionModel.LAST_NON_DIRECT][0].visit.id == earlier.id
    assert published(stage, shop, hook) == []


def test_each_webhook_hears_what_it_wants_and_of_its_own_site_alone(stage: Stage, shop: Player) -> None:
    neighbour, theirs = listen(stage, stage.open_site())
    listening, deals_only = listen(stage, shop, {EventKind.DEAL_CREATED})
    listening, leads_only = listen(stage, listening, {EventKind.LEAD_REQUEST_RECORDED})
    stage.perform(register_deals, listening, registration("K-1"))
    stage.lead_request(listening, NOON, phone=PHONE)
    assert kinds(stage, listening, deals_only) == [EventKind.DEAL_CREATED]
    assert kinds(stage, listening, leads_only) == [EventKind.LEAD_REQUEST_RECORDED]
    assert published(stage, neighbour, theirs) == []


def test_what_is_undone_was_stated_to_nobody(stage: Stage, shop: Player) -> None:
    shop, hook = listen(stage, shop)

    def register_and_break(work: Any, commands: Any) -> list[Any]:
        register_deals(work, commands)
        message = "the disk is full"
        raise OSError(message)

    with pytest.raises(OSError, match="the disk is full"):
        stage.perform(register_and_break, shop, registration("K-1"))
    assert published(stage, shop, hook) == []


def test_a_site_without_webhooks_asks_nothing_of_their_tables(stage: Stage, shop: Player) -> None:
    statements: list[str] = []
    writer = stage.database.writer
    event.listen(writer, "before_cursor_execute", lambda _c, _r, statement, *_: statements.append(statement))
    stage.call(shop, moscow("2018-03-26", "09:55:00"), phone=PHONE)
    stage.perform(register_deals, shop, registration("K-1", clue=by_contact(PHONE)))
    assert statements
    assert not [statement for statement in statements if "webhook" in statement]
