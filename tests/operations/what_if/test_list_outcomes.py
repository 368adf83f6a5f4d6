"""What a trial says is what setting its rules does; and it stores nothing."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from account_work import account_work
from cast import VLADIVOSTOK, Player, Stage
from dealtrace.attribution.classification import classify
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.accounts.change_site_settings import change_site_settings
from dealtrace.operations.accounts.name_hosts import add_host
from dealtrace.operations.deals.pin import pin_deal
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.matching.rematch import rematch_next
from dealtrace.operations.visits.reclassify import begin_reclassification, list_next_visitors, reclassify_visitors
from dealtrace.operations.what_if.trial import read_trial
from dealtrace.operations.what_if.try_rules import list_tried_deals
from dealtrace.reports.what_if import DealAttribution, TriedDeal
from dealtrace.storage.deals.deals import list_deals_by_id
from dealtrace.storage.journals.deal_entries import list_deal_entries
from dealtrace.storage.schema.tables.deals import deal
from stored import rows_of
from write_commands import NOON, by_call, by_contact, registration

PHONES = ("79205550051", "79205550052", "79205550053")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LANDINGS = ("https://shop.ru/", "https://shop.ru/?utm_source=Yandex&utm_medium=cpc", "https://shop.ru/?utm_source=mail")
REFERRERS = ("", "https://pay.example/done", "https://www.google.com/", "https://news.example/a")
YANDEX, STATED = TrafficSource("yandex", "cpc"), TrafficSource("flyer", "offline")
Settings = Sequence[tuple[str, str]]


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def fill(stage: Stage, player: Player, seed: int) -> list[int]:
    """Store visits, leads of both kinds and deals that may be theirs, and return the ids of the deals."""
    dice = random.Random(seed)
    visits = []
    for _ in range(24):
        landing, referrer = dice.choice(LANDINGS), dice.choice(REFERRERS)
        started_at = NOON - dice.randrange(1, 20) * DAY - dice.randrange(600) * MINUTE
        where = {"landing_url": landing, "referrer": referrer, "visitor": f"v{dice.randrange(4)}"}
        visits.append(stage.visit(player, started_at, classify(landing, referrer), **where))
    for _ in range(12):
        visit = dice.choice([*visits, None])
        more = {"visit_id": visit.id} if visit is not None else {}
        began = NOON - dice.randrange(300) * MINUTE
        if dice.random() < 0.5:
            stage.call(player, began, seconds=dice.randrange(600), phone=dice.choice(PHONES), **more)
        else:
            stage.lead_request(player, began, phone=dice.choice(PHONES), **more)
    stated = (None, None, STATED)
    receipts = stage.perform(
        register_deals,
        player,
        *(
            registration(
                f"N{number}",
                happened_at=NOON - dice.randrange(-60, 200) * MINUTE,
                clue=by_contact(dice.choice(PHONES), threshold=dice.randrange(150) * MINUTE),
                stated_source=dice.choice(stated),
            )
            for number in range(30)
        ),
    )
    ids = [receipt.deal_id for receipt in receipts]
    with stage.database.write() as connection:
        pin_deal(stage.work(connection, player, NOON), ids[0], None)
    return ids


def tried(stage: Stage, player: Player, ids: Sequence[int], *settings: tuple[str, str]) -> list[TriedDeal]:
    """Try settings, and check that nothing was stored."""
    stored = rows_of(stage.database, player)
    with stage.database.read() as connection:
        outcomes = list_tried_deals(connection, player.site, read_trial(settings), ids)
    assert rows_of(stage.database, player) == stored
    assert [outcome.deal.id for outcome in outcomes] == list(ids)
    return outcomes


def apply(stage: Stage, player: Player, settings: Settings) -> Player:
    """Set the rules for good, and run the commands that apply them to the past."""
    with stage.database.write() as connection:
        for key, text in settings:
            if key == "threshold":
                mine = update(deal).where(deal.c.site_id == player.site.id, deal.c.clue_phone.is_not(None))
                connection.execute(mine.values(clue_link_threshold_seconds=int(text)))
            elif key == "own":
                add_host(account_work(connection, NOON), player.site.id, "own", text, "")
            else:
                change_site_settings(
                    account_work(connection, NOON), player.site.id, {{"model": "attribution"}.get(key, key): text}
                )
        site = change_site_settings(account_work(connection, NOON), player.site.id, {})
    after = replace(player, site=site)
    keys = {key for key, _ in settings}
    stage.ids.ensure(2000)
    with stage.database.write() as connection:
        work = stage.work(connection, after)
        if keys & {"threshold", "contact_matching"}:
            rematch_next(work, 0)
        if "own" in keys:
            state = begin_reclassification(work)
            reclassify_visitors(work, state, list_next_visitors(work, state))
    return after


def heaviest(attribution: DealAttribution) -> TrafficSource:
    """Return the source with the largest share, the later touch first among equals, as a journal shows it."""
    return max(attribution.shares, key=lambda each: each[1])[0]


TRIALS: list[Settings] = [
    [("contact_matching", "on")],
    [("contact_matching", "off")],
    [("threshold", "0")],
    [("threshold", "20000")],
    [("contact_matching", "on"), ("threshold", "3000")],
    [("model", "0")],
    [("model", "4")],
    [("model", "6"), ("own", "pay.example")],
    [("own", "pay.example")],
    [("contact_matching", "on"), ("threshold", "9000"), ("model", "2"), ("own", "news.example")],
]


@pytest.mark.parametrize("was_on", [True, False])
@pytest.mark.parametrize("settings", TRIALS, ids=lambda settings: " ".join(map("=".join, settings)))
def test_what_is_tried_is_what_setting_it_does(stage: Stage, settings: Settings, was_on: bool) -> None:
    shop = stage.open_site(contact_matching=was_on)
    ids = fill(stage, shop, seed=len(str(settings)) + was_on)
    neighbour = stage.open_site(time_zone=VLADIVOSTOK, contact_matching=True)
    stage.call(neighbour, NOON, phone=PHONES[0])
    outcomes = tried(stage, shop, ids, *settings)
    with stage.database.read() as connection:
        before = {found.id: found for found in list_deals_by_id(connection, shop.site.id, ids)}
        entries = list_deal_entries(connection, shop.site.id, ids, AttributionModel(shop.site.attribution))
    for outcome, entry in zip(outcomes, entries, strict=True):
        assert outcome.before.lead == before[entry.id].lead
        assert heaviest(outcome.before) == entry.origin.source
    after = apply(stage, shop, settings)
    with stage.database.read() as connection:
        found = list_deals_by_id(connection, after.site.id, ids)
        entries = list_deal_entries(connection, after.site.id, ids, AttributionModel(after.site.attribution))
    for outcome, now, entry in zip(outcomes, found, entries, strict=True):
        assert outcome.after.lead == now.lead
        assert heaviest(outcome.after) == entry.origin.source
    assert not outcomes[0].has_other_lead, "a pinned deal never flips"


def test_another_order_gives_the_request_instead_of_the_call(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON, phone=PHONES[0])
    request = stage.lead_request(shop, NOON - MINUTE, phone=PHONES[0])
    contact = by_contact(PHONES[0])
    receipts = stage.perform(
        register_deals,
        shop,
        registration("by phone", clue=contact),
        registration("by name", clue=by_call(call.id, None, clue=contact)),
        registration("calls only", clue=by_contact(PHONES[0], only=LeadKind.CALL)),
    )
    outcomes = tried(stage, shop, [receipt.deal_id for receipt in receipts], ("order", "requests,calls"))
    assert [outcome.before.lead for outcome in outcomes] == [LeadRef(LeadKind.CALL, call.id)] * 3
    assert outcomes[0].after.lead == LeadRef(LeadKind.LEAD_REQUEST, request.id)
    assert [outcome.has_other_lead for outcome in outcomes] == [True, False, False]


def test_a_lead_that_is_only_kept_is_marked(stage: Stage, shop: Player) -> None:
    stage.call(shop, NOON, phone=PHONES[0])
    receipts = stage.perform(
        register_deals,
        shop,
        registration("found", clue=by_contact(PHONES[0])),
        registration("not found", clue=by_contact(PHONES[1])),
    )
    outcomes = tried(stage, shop, [receipt.deal_id for receipt in receipts], ("contact_matching", "off"))
    assert [(outcome.is_kept, outcome.has_other_lead) for outcome in outcomes] == [(True, False), (False, False)]


def test_sources_of_a_deal_without_a_lead_are_its_own_and_of_one_with_a_lead_the_leads(
    stage: Stage, shop: Player
) -> None:
    stage.lead_request(shop, NOON, phone=PHONES[0])
    stage.lead_request(shop, NOON, phone=PHONES[1], annotations=Annotations(stated_source=YANDEX))
    receipts = stage.perform(
        register_deals,
        shop,
        *(registration(f"{phone}", clue=by_contact(phone), stated_source=STATED) for phone in PHONES),
    )
    outcomes = tried(stage, shop, [receipt.deal_id for receipt in receipts], ("threshold", "7200"))
    sources = [heaviest(outcome.after) for outcome in outcomes]
    assert sources == [TrafficSource(), YANDEX, STATED]


def test_shares_move_by_parts_the_latest_touch_first(stage: Stage) -> None:
    shop = stage.open_site(contact_matching=True, attribution=4)
    first = stage.visit(shop, NOON - 2 * DAY, YANDEX, landing_url=LANDINGS[1])
    last = stage.visit(
        shop, NOON - DAY, classify(LANDINGS[0], REFERRERS[1]), landing_url=LANDINGS[0], referrer=REFERRERS[1]
    )
    stage.call(shop, NOON, phone=PHONES[0], visit_id=last.id)
    (receipt,) = stage.perform(register_deals, shop, registration("N", clue=by_contact(PHONES[0])))
    (outcome,) = tried(stage, shop, [receipt.deal_id], ("own", "pay.example"))
    assert [share for _, share in outcome.before.shares] == [500_000, 500_000]
    assert outcome.before.shares[0][0] == last.traffic_source
    assert outcome.before.shares[1][0] == first.traffic_source
    ((source, target), moved), *others = outcome.moves.items()
    assert ((source.source, target.source), moved.deals, moved.kopecks) == (
        ("pay.example", "(direct)"),
        500_000,
        50_000,
    )
    assert not others


def test_a_deal_fares_alone_as_it_does_among_others(stage: Stage) -> None:
    shop = stage.open_site(contact_matching=True)
    ids = fill(stage, shop, seed=5)
    together = tried(stage, shop, ids, ("threshold", "9000"), ("own", "pay.example"))
    assert tried(stage, shop, [], ("model", "1")) == []
    assert any(outcome.has_other_lead for outcome in together)
    assert any(outcome.moves for outcome in together)
    for position, deal_id in enumerate(ids):
        (alone,) = tried(stage, shop, [deal_id], ("threshold", "9000"), ("own", "pay.example"))
        assert alone == together[position]
