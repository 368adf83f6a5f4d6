"""How many ids each operation and each change of an account takes at most: what it declares, no more and no less."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from types import ModuleType
from typing import Any

import pytest

from account_work import account_work
from cast import MOSCOW, Player, Stage
from dealtrace import cabinet, operations
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import Site, SiteId
from dealtrace.accounts.user import PasswordHash
from dealtrace.accounts.webhook import BodyStyle, EventKind
from dealtrace.alerts.judgement import AlertVerdict
from dealtrace.alerts.rule import Alert, AlertKind, Rule
from dealtrace.alerts.windows import WINDOWS
from dealtrace.attribution.cost_spread import CostSpread
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import VisitId
from dealtrace.attribution.visits_from_hits import Hit
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.matchers import WITHOUT_SOURCE, Matcher, MatcherKind
from dealtrace.leads.annotations import Addition, Annotations
from dealtrace.leads.call import CallReport, IncomingCall
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.leads.missed_calls import RingBack
from dealtrace.mails.mail import Mail, MailId, MailPurpose
from dealtrace.mails.recipient import RECIPIENTS_MAX, Recipient
from dealtrace.mails.scheduled_report import Rhythm
from dealtrace.matching.lead_search import SearchById
from dealtrace.operations.accounts.count_unknown_parameters import UnknownParameters
from dealtrace.operations.accounts.create_site import NewSite
from dealtrace.operations.accounts.invite_user import invite_first_user, invite_user
from dealtrace.operations.alerts.manage import add_alert, remove_alert
from dealtrace.operations.alerts.watch import AlertEvaluation, AlertReport
from dealtrace.operations.deals.change_in_cabinet import DealAction, DealActionKind
from dealtrace.operations.deals.clear_fields import Clearing
from dealtrace.operations.deals.register_with_lead_request import LeadRequestWithDeal
from dealtrace.operations.deals.update_lists import DealUpdate
from dealtrace.operations.leads.annotate import AnnotationCall, LeadAnnotation
from dealtrace.operations.leads.change_in_cabinet import AnnotationsRewrite, LeadDeletion, rewrite_annotations
from dealtrace.operations.leads.mark_missed_calls import RingBackMark
from dealtrace.operations.leads.undo import AnnotationsUndo
from dealtrace.operations.mails.deliver import MailReport
from dealtrace.operations.mails.scheduled_reports import DUE_AT_ONCE, NewScheduledReport, schedule_report
from dealtrace.operations.page_ends import ReadPage
from dealtrace.operations.personal_data import Erasure
from dealtrace.operations.requests import RequestBatch
from dealtrace.operations.visits.attach_attrs import VisitAttrs
from dealtrace.operations.webhooks.create import NewWebhook, create_webhook
from dealtrace.operations.webhooks.deliver import KEPT_FOR, Claim, DeliveryReport
from dealtrace.operations.work import Operation, Work, at_site, ids_needed, ids_taken_by
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.busiest_second import BusiestSecond
from dealtrace.quota.points import PaidMethod
from dealtrace.reports.metrics import Unit
from dealtrace.reports.question import RawQuestion
from dealtrace.storage.journals.keyset_pages import SortKey
from dealtrace.storage.journals.page_ends import PageEnd
from dealtrace.storage.personal_data import Traces
from write_commands import NOON, by_contact, change, registration

RECIPIENTS = tuple(Recipient(f"a{place}@example.org") for place in range(RECIPIENTS_MAX))
ITEMS = 3
"""How many leads a list in a command has here."""


@dataclass
class CountedIds:
    """Ids that know how many of them were taken."""

    ids: Any
    taken: int = 0

    def take(self) -> int:
        self.taken += 1
        taken: int = self.ids.take()
        return taken

    def take_visit_id(self) -> int:
        self.taken += 1
        taken: int = self.ids.take_visit_id()
        return taken


def all_declared(package: ModuleType, declaration: str) -> dict[str, Any]:
    """Find every function of a package that has declared how many ids it takes, by its name."""
    return {
        name: value
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        for name, value in vars(importlib.import_module(module.name)).items()
        if hasattr(value, declaration) and not isinstance(value, type) and value.__module__ == module.name
    }


OPERATIONS: dict[str, Operation[Any, Any]] = all_declared(operations, "ids_per_command")
CHANGES: dict[str, Callable[..., object]] = {
    **all_declared(operations, "ids_taken"),
    **{f"cabinet.{name}": change for name, change in all_declared(cabinet, "ids_taken").items()},
}


def source(number: int) -> TrafficSource:
    return TrafficSource(f"source {number}", "cpc")


def deal_id_of(stage: Stage, shop: Player, number: int) -> int:
    (receipt,) = stage.perform(OPERATIONS["register_deals"], shop, registration(f"K{number}"))
    deal_id: int = receipt.deal_id
    return deal_id


def registered(stage: Stage, shop: Player, number: int) -> Any:
    """Register without a number, a CRM having sent the next default number before; the source is new."""
    stage.ids.ensure(2000)
    taken = stage.ids.take() + 2
    stage.perform(OPERATIONS["register_deals"], shop, registration(str(taken)))
    return registration(stated_source=source(number), clue=by_contact(f"7920{number:07d}"), custom_values={"a": "b"})


def changed(stage: Stage, shop: Player, number: int) -> Any:
    parts = {"source": f"restated {number}", "medium": "cpc"}
    return change(deal_id_of(stage, shop, number), status="won", source_parts=parts, custom_values={"size": "XL"})


RULE = Rule(AlertKind.SILENCE, "calls", WINDOWS["day"], None, (), RECIPIENTS)


def stored_alert(stage: Stage, shop: Player) -> Alert:
    """Store an alert that mails to as many people as it may."""
    stage.ids.ensure(1)
    with stage.database.write() as connection:
        return add_alert(account_work(connection, NOON, stage.ids).at(shop.site), RULE)


def raised(stage: Stage, shop: Player, number: int) -> AlertReport:
    """Raise an alert that mails to as many people as it may."""
    alert = stored_alert(stage, shop)
    evaluation = AlertEvaluation(AlertVerdict.RAISED, NOON, NOON, Unit.COUNT, str(number), None)
    return AlertReport(alert, NOON, evaluation, sends_mail=True)


def reports_due(stage: Stage, shop: Player, number: int) -> None:
    """Have as many reports due as one transaction takes for each command, with as many recipients as may be."""
    new = NewScheduledReport(f"Report {number}", RawQuestion(metrics="deals"), Rhythm.DAILY, 9, RECIPIENTS)
    stage.ids.ensure(DUE_AT_ONCE)
    with stage.database.write() as connection:
        for _ in range(DUE_AT_ONCE):
            schedule_report(account_work(connection, NOON - timedelta(days=2), stage.ids).at(shop.site), new)


def annotated(stage: Stage, shop: Player, number: int) -> Any:
    ref = LeadRef(LeadKind.CALL, stage.call(shop, NOON, phone=f"7921{number:07d}").id)
    addition = Addition(tags=("new",), comment="Text", custom_values={"size": "XL"})
    return AnnotationCall(PaidMethod.REGISTER, [LeadAnnotation((SearchById(ref),), addition)])


def cleared(stage: Stage, shop: Player, number: int) -> Any:
    sent = registration(f"K{number}", stated_source=source(number), custom_values={"size": "XL"})
    stage.perform(OPERATIONS["register_deals"], shop, sent)
    return Clearing(DealKey(None, f"K{number}"), ("size",))


def call(number: int) -> IncomingCall:
    annotations = Annotations(stated_source=source(number), custom_values={"size": "XL", "a": "b"})
    return IncomingCall(
        NOON, timedelta(0), f"7920{number:07d}", f"c{number}", client_name="Ann", annotations=annotations
    )


def lead_request(number: int) -> IncomingLeadRequest:
    annotations = Annotations(stated_source=source(number))
    return IncomingLeadRequest(NOON, f"7920{number:07d}", f"a{number}@x.ru", "Ann", annotations=annotations)


def with_deal(stage: Stage, shop: Player, number: int) -> LeadRequestWithDeal:
    """Register a lead request, and a deal whose default number, three ids later, a CRM has sent before."""
    stage.ids.ensure(2000)
    taken = stage.ids.take() + 2 + 3
    stage.perform(OPERATIONS["register_deals"], shop, registration(str(taken)))
    return LeadRequestWithDeal(lead_request(number), registration(stated_source=source(number + 1000)))


def spread(number: int) -> CostSpread:
    return CostSpread(source(number), 1000, NOON.date(), NOON.date() + timedelta(days=6))


def order(number: int, **fields: Any) -> Any:
    return registration(f"o{number}", stated_source=source(number), custom_values={"a": "b"}, **fields)


def restating(number: int) -> tuple[Matcher, ...]:
    return (Matcher(MatcherKind.SOURCE, source=TrafficSource(f"restated {number}")),)


def new_webhook(shop: Player) -> NewWebhook:
    return NewWebhook(shop.site.id, "https://crm.example/", frozenset(EventKind), BodyStyle.JSON)


def webhook_id(stage: Stage, shop: Player) -> Any:
    stage.ids.ensure(10)
    wanted = new_webhook(shop)
    with stage.database.write() as connection:
        return create_webhook(account_work(connection, NOON, stage.ids), wanted).id


def reported(stage: Stage, shop: Player, _number: int) -> Any:
    return DeliveryReport(Claim(webhook_id(stage, shop), "me"), [], None, 0.0)


def undone(stage: Stage, shop: Player, number: int) -> Any:
    sent = registration(f"K{number}", stated_source=source(number))
    (receipt,) = stage.perform(OPERATIONS["register_deals"], shop, sent)
    parts = {"source": f"restated {number}"}
    stage.perform(OPERATIONS["change_deals"], shop, change(receipt.deal_id, source_parts=parts))
    return DealAction(DealActionKind.UNDO, receipt.deal_id, version=2)


def noted(stage: Stage, shop: Player, number: int) -> LeadRef:
    """Return a lead whose notes a person has changed once."""
    ref = LeadRef(LeadKind.CALL, stage.call(shop, NOON, phone=f"7921{number:07d}").id)
    stage.perform(rewrite_annotations, shop, AnnotationsRewrite(ref, ("new",), "Ann", "Text"))
    return ref


def brought_back(stage: Stage, shop: Player, number: int) -> LeadRef:
    ref = LeadRef(LeadKind.CALL, stage.call(shop, NOON, phone=f"7921{number:07d}").id)
    stage.perform(OPERATIONS["delete_leads"], shop, LeadDeletion(ref, is_deleted=True))
    return ref


NOBODY = Traces(*[frozenset[Any]()] * 6)

WORST: dict[str, Callable[[Stage, Player, int], Any]] = {
    "register_deals": registered,
    "change_deals": changed,
    "delete_deals": lambda stage, shop, number: DealKey(deal_id_of(stage, shop, number), None),
    "annotate_leads": annotated,
    "clear_fields": cleared,
    "report_calls": lambda _stage, _shop, number: CallReport(f"r{number}", NOON, phone=f"7920{number:07d}"),
    "register_lead_requests": lambda _stage, _shop, number: lead_request(number),
    "register_with_deals": with_deal,
    "import_calls": lambda _stage, _shop, number: [call(number * ITEMS + item) for item in range(ITEMS)],
    "import_lead_requests": lambda _stage, _shop, number: [
        lead_request(number * ITEMS + item) for item in range(ITEMS)
    ],
    "count_hits": lambda _stage, _shop, number: Hit(f"v{number}", f"https://shop.ru/?utm_source=s{number}"),
    "store_busiest_seconds": lambda _stage, _shop, number: BusiestSecond(number, 5, NOON),
    "pay_for_reading": lambda _stage, _shop, _number: PaidMethod.ORDERS_DIARY,
    "claim_deliveries": lambda stage, shop, _number: Claim(webhook_id(stage, shop), "me"),
    "acknowledge_deliveries": reported,
    "claim_alert": lambda _stage, _shop, _number: None,
    "acknowledge_alerts": raised,
    "claim_mail": lambda _stage, _shop, _number: None,
    "acknowledge_mails": lambda _stage, shop, number: MailReport(
        Mail(MailId(number), shop.site.id, MailPurpose.REPORT, 1, Recipient("a@example.org"), NOON, NOON), None
    ),
    "send_due_reports": reports_due,
    "sweep_mails": lambda _stage, _shop, _number: KEPT_FOR,
    "keep_page_ends": lambda _stage, _shop, number: ReadPage(
        PageEnd(f"reader {number}", 10, SortKey(NOON, number), 20), is_first=True
    ),
    "count_unknown_parameters": lambda _stage, _shop, number: UnknownParameters({("/register", f"n{number}"): 1}, {}),
    "add_costs": lambda _stage, _shop, number: spread(number),
    "restate_costs": lambda _stage, _shop, number: spread(number),
    "act_on_deals": undone,
    "delete_leads": lambda stage, shop, number: LeadDeletion(brought_back(stage, shop, number), is_deleted=False),
    "rewrite_annotations": lambda stage, shop, number: AnnotationsRewrite(
        LeadRef(LeadKind.CALL, stage.call(shop, NOON, phone=f"7921{number:07d}").id), ("new",), "Ann", "Text"
    ),
    "mark_missed_calls": lambda stage, shop, number: RingBackMark(
        stage.call(shop, NOON, seconds=0, phone=f"7921{number:07d}").id, RingBack.RETURNED
    ),
    "undo_annotations": lambda stage, shop, number: AnnotationsUndo(noted(stage, shop, number), 1),
    "erase_people": lambda _stage, _shop, number: Erasure(frozenset({f"7921{number:07d}"}), NOBODY),
    "attach_attrs": lambda _stage, _shop, number: VisitAttrs(VisitId(number + 1), {"a": 1}),
    "store_requests": lambda _stage, _shop, _number: RequestBatch(()),
    "delete_old_requests": lambda _stage, _shop, _number: NOON,
    "forget_imports": lambda _stage, _shop, _number: NOON,
    "register_lists": lambda _stage, _shop, number: [
        order(number * ITEMS + item, matchers=(WITHOUT_SOURCE,)) for item in range(ITEMS)
    ],
    "update_lists": lambda stage, shop, number: [
        DealUpdate(
            change(deal_id_of(stage, shop, number * ITEMS + item), matchers=restating(number * ITEMS + item)),
            (Addition(tags=("a",)),),
        )
        for item in range(ITEMS)
    ],
    "delete_lists": lambda stage, shop, number: [
        DealKey(deal_id_of(stage, shop, number * ITEMS + item), None) for item in range(ITEMS)
    ],
    "clear_deleted_site": lambda _stage, _shop, _number: None,
    "sweep_outbox": lambda _stage, _shop, _number: KEPT_FOR,
}
"""The command of each operation that takes the most ids; numbers keep the commands of a batch apart."""


def test_every_operation_is_tried() -> None:
    assert sorted(WORST) == sorted(OPERATIONS)


@pytest.mark.parametrize("name", sorted(WORST))
def test_the_command_that_takes_the_most_ids_takes_what_is_declared(shared_stage: Stage, name: str) -> None:
    shop = shared_stage.open_site(fields=["size"], contact_matching=True)
    declared = OPERATIONS[name]
    command = WriteCommand(WORST[name](shared_stage, shop, 1), shop.token_id)
    assert taken_by(shared_stage, shop, declared, [command]) == ids_needed(declared, items_of(command))


@pytest.mark.parametrize("name", sorted(set(WORST) - {"register_deals", "register_with_deals"}))
def test_a_batch_takes_no_more_than_its_commands_alone(shared_stage: Stage, name: str) -> None:
    shop = shared_stage.open_site(fields=["size"], contact_matching=True)
    declared = OPERATIONS[name]
    commands = [WriteCommand(WORST[name](shared_stage, shop, number), shop.token_id) for number in range(1, 5)]
    assert taken_by(shared_stage, shop, declared, commands) == 4 * ids_needed(declared, items_of(commands[0]))


NO_SHOP = Player(Site(SiteId(1), "Shop", MOSCOW), "", 0)
PASSWORD = PasswordHash("hash")
ARGUMENTS: dict[str, Callable[[Stage], tuple[Player, tuple[Any, ...]]]] = {
    "create_user": lambda _stage: (NO_SHOP, ("anna", PASSWORD)),
    "accept_first_invitation": lambda stage: (NO_SHOP, (invited(stage, invite_first_user), "anna", PASSWORD)),
    "join": lambda stage: (NO_SHOP, (invited(stage, invite_user, Role.OWNER, site_id=None), "anna", PASSWORD)),
    "open_first_site": lambda _stage: (NO_SHOP, ("Asia/Vladivostok", 500)),
    "open_site": lambda _stage: (NO_SHOP, (NewSite("Shop", "Asia/Vladivostok", 500),)),
    "issue_token": lambda stage: ((shop := stage.open_site()), (shop.site.id, "crm")),
    "begin_own_site": lambda _stage: (NO_SHOP, ()),
    "cabinet._begin": lambda _stage: (NO_SHOP, (None,)),
    "create_webhook": lambda stage: ((shop := stage.open_site()), (new_webhook(shop),)),
    "add_alert": lambda stage: (stage.open_site(), (RULE,)),
    "schedule_test_mails": lambda stage: ((shop := stage.open_site()), (stored_alert(stage, shop),)),
    "cabinet._test": lambda stage: ((shop := stage.open_site()), (stored_alert(stage, shop).id,)),
    "schedule_report": lambda stage: (
        stage.open_site(),
        (NewScheduledReport("Report", RawQuestion(metrics="deals"), Rhythm.DAILY, 9, RECIPIENTS),),
    ),
}
"""The site and the further arguments with which each change of an account takes the most ids."""


def invited(stage: Stage, invite: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    with stage.database.write() as connection:
        return invite(account_work(connection, NOON), *arguments, **named)


def test_every_change_that_takes_ids_is_tried() -> None:
    assert sorted(ARGUMENTS) == sorted(CHANGES)


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_the_change_that_takes_the_most_ids_takes_what_is_declared(stage: Stage, name: str) -> None:
    shop, arguments = ARGUMENTS[name](stage)
    stage.ids.ensure(2000)
    counted: Any = CountedIds(stage.ids)
    with stage.database.write() as connection:
        CHANGES[name](Work(connection, counted, NOON, shop.site), *arguments)
    assert counted.taken == ids_taken_by(CHANGES[name]) > 0


def test_what_a_change_declares_is_known_also_where_it_is_handed_over_with_its_site_or_arguments(shop: Player) -> None:
    assert ids_taken_by(at_site(shop.site, add_alert)) == ids_taken_by(add_alert) == 1
    assert ids_taken_by(partial(at_site(shop.site, add_alert), RULE)) == 1
    assert ids_taken_by(at_site(shop.site, remove_alert)) == 0


def items_of(command: WriteCommand[Any]) -> int:
    return len(command.payload) if isinstance(command.payload, list) else 1


def taken_by(stage: Stage, shop: Player, run: Operation[Any, Any], commands: list[WriteCommand[Any]]) -> int:
    stage.ids.ensure(2000)
    counted: Any = CountedIds(stage.ids)
    with stage.database.write() as connection:
        outcomes = run(Work(connection, counted, NOON, shop.site), commands)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    return counted.taken
