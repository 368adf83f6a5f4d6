"""What a file has brought in is taken back as a whole, as if it had never been imported."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, select

from account_work import account_work
from cast import IDS_AT_ONCE, Player, Stage
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.accounts.user import UserId
from dealtrace.attribution.credit import WHOLE
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal import DealId
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.deals.versions import VersionKind
from dealtrace.errors import ImportInProgress, InvalidParameters, NumberTaken
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import Circumstances, IncomingCall
from dealtrace.leads.file_import import REMEMBERED_FOR, ImportedFile, ImportRow, LoggedImport, TakeBackOutcome
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequestId
from dealtrace.operations import take_back_import as taking
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.clear_fields import Clearing, LeadName, clear_fields
from dealtrace.operations.deals.delete import delete_deal, delete_deals, restore_deal
from dealtrace.operations.deals.import_deals import import_deals
from dealtrace.operations.deals.pin import pin_deal
from dealtrace.operations.import_file import ImportedRows, begin_import, finish_import, import_rows
from dealtrace.operations.leads.change_in_cabinet import AnnotationsRewrite, rewrite_annotations
from dealtrace.operations.leads.delete import delete_lead, restore_lead
from dealtrace.operations.leads.register_lead_requests import register_lead_requests
from dealtrace.operations.leads.undo import AnnotationsUndo, undo_annotations
from dealtrace.operations.personal_data import erase_person
from dealtrace.operations.reports.ask_pivot import ask_report_or_pivot
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.operations.run_import import IMPORT_KINDS
from dealtrace.operations.sweeps.forget_imports import forget_imports
from dealtrace.operations.take_back_import import TAKING, TakeBackRun, begin_take_back, preview_take_back, take_back
from dealtrace.reports.pivot import Pivot
from dealtrace.storage.accounts.change_history import list_site_changes
from dealtrace.storage.deals.versions import list_versions
from dealtrace.storage.journals.old_rows import list_sites_with_old_imports
from dealtrace.storage.leads.annotations import find_annotations
from dealtrace.storage.leads.file_imports import find_import, list_imports
from dealtrace.storage.schema.tables.deals import deal, deal_day
from dealtrace.storage.schema.tables.leads import LEAD_TABLES, contact, lead_contact, lead_credit
from examples import examples
from figures_comparison import parsed
from figures_oracle import shown_answer, shown_pivot
from figures_questions import random_words
from figures_scenes import Scene, play_scene
from stored import deal_of, rows_of
from write_commands import NOON, by_call, by_contact, change, register

PHONE = "79205550055"
QUESTIONS = 8
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
NOUNS = sorted(TAKING)
STATE = (deal, deal_day, *LEAD_TABLES.values(), lead_contact, contact, lead_credit)
MOVING = {"touched_at", "version"}


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def bring(
    stage: Stage, player: Player, noun: str, *contents: Any, digest: str = "d", now: datetime = NOON
) -> ImportedRows:
    """Import a file of these records, as `dealtrace import` does."""
    stage.ids.ensure(IDS_AT_ONCE)
    rows = [ImportRow(number, content) for number, content in enumerate(contents, 2)]
    with stage.database.write() as connection:
        work = stage.work(connection, player, now)
        begun = begin_import(work, digest, ImportedFile(noun, f"{noun}s.csv"))
        done = import_rows(work, IMPORT_KINDS[noun].run, begun, rows)
        finish_import(work, done.at, noun)
    return done


def logged(stage: Stage, player: Player) -> LoggedImport:
    """Return the latest import of a site."""
    with stage.database.read() as connection:
        return list_imports(connection, player.site.id)[0]


def undo(stage: Stage, player: Player, number: int = 0, *, user_id: int | None = None) -> LoggedImport:
    """Take an import of a site back, by default the latest, and return its state."""
    number = number or logged(stage, player).number
    with stage.database.write() as connection:
        assert begin_take_back(stage.work(connection, player), player.site.id, number) is not None
    user = UserId(user_id) if user_id is not None else None
    run = TakeBackRun(stage.database, player.site.id, number, lambda: datetime.now(UTC), user_id=user)
    return list(take_back(run))[-1]


def preview(stage: Stage, player: Player) -> Any:
    """Return what taking the latest import of a site back would do."""
    with stage.database.read() as connection:
        return preview_take_back(connection, player.site, list_imports(connection, player.site.id)[0])


def incoming(number: str | None = None, deal_id: int | None = None, **more: Any) -> IncomingDeal:
    """Make a deal of a file."""
    made_id = DealId(deal_id) if deal_id is not None else None
    return IncomingDeal(made_id, number, "Paid", Decimal(100), NOON, **more)


def call(reference: str | None = None, phone: str = PHONE, **more: Any) -> IncomingCall:
    """Make a call of a file."""
    return IncomingCall(NOON - timedelta(minutes=5), timedelta(minutes=1), phone, reference, **more)


def deal_ids(stage: Stage, player: Player, *, with_deleted: bool = False) -> list[DealId]:
    """Return the ids of the deals of a site."""
    with stage.database.read() as connection:
        mine = select(deal.c.id, deal.c.deleted_at).where(deal.c.site_id == player.site.id).order_by(deal.c.id)
        return [DealId(row.id) for row in connection.execute(mine) if with_deleted or row.deleted_at is None]


def state_of(stage: Stage, player: Player) -> dict[str, Any]:
    """Return what journals show: the rows that are not deleted, but for when deals were last touched.

    Clients are compared by the contacts that they share, since a number is never given twice.
    """
    found: dict[str, Any] = {}
    with stage.database.read() as connection:
        for table in STATE:
            mine = select(table).where(table.c.site_id == player.site.id)
            rows = [dict(row._mapping) for row in connection.execute(mine)]
            shown = [row for row in rows if row.get("deleted_at") is None]
            found[table.name] = shown
    leads = {row["id"] for kind in LeadKind for row in found[LEAD_TABLES[kind].name]}
    found["lead_credit"] = [row for row in found["lead_credit"] if row["lead_id"] in leads or row["lead_id"] < 0]
    found["deal_day"] = [row for row in found["deal_day"] if row["deals"] and row["moment"] not in MOVING]
    clients: dict[int, set[Any]] = {}
    for row in [row for rows in found.values() for row in rows if "client_id" in row]:
        clients.setdefault(row["client_id"], set()).add(row.get("contact", row.get("id")))
    return {
        name: sorted(
            str(
                {
                    key: frozenset(map(str, clients[value])) and sorted(map(str, clients[value]))
                    if key == "client_id"
                    else value
                    for key, value in row.items()
                    if key not in MOVING | {"own_client_id"}
                }
            )
            for row in rows
        )
        for name, rows in found.items()
    }


def answers(scene: Scene, seed: int) -> list[Any]:
    """Return the answers to random questions, which reports give from the column mirror on SQLite."""
    site, random = scene.player.site, Random(seed)
    questions = [parsed(scene, random_words(random, scene)) for _ in range(QUESTIONS)]
    with open_facts(scene.stage.database, site) as facts:
        found = [ask_report_or_pivot(facts, site, question, scene.now) for question in questions]
    return [shown_pivot(each) if isinstance(each, Pivot) else shown_answer(each) for each in found]


def random_file(scene: Scene, noun: str) -> list[Any]:
    """Make the records of a file of a random site, most with contacts and names that the site knows."""
    count = scene.random.randrange(1, 9)
    if noun == "call":
        return [scene.call(f"file {place}") for place in range(count)]
    if noun == "lead_request":
        return [scene.lead_request(f"file {place}") for place in range(count)]
    made = [scene.registration(f"file {place}") for place in range(count)]
    return [
        IncomingDeal(
            None, each.number, each.status, each.amount_rub, each.happened_at, stated_source=each.stated_source,
            clue=each.clue, currency=each.currency, custom_values=each.custom_values, tags=each.tags,
        )
        for each in made
    ]  # fmt: skip


@pytest.mark.parametrize("noun", NOUNS)
@settings(
    max_examples=examples(3),
    phases=PHASES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**64))
def test_figures_and_journals_are_as_if_the_file_had_never_come(shared_stage: Stage, noun: str, seed: int) -> None:
    scene = play_scene(Random(seed), shared_stage)
    figures, journals = answers(scene, seed), state_of(shared_stage, scene.player)
    brought = bring(shared_stage, scene.player, noun, *random_file(scene, noun), now=scene.now)
    assume(brought.at.taken_in > 0)
    answers(scene, seed)
    state = undo(shared_stage, scene.player)
    assert (state.left, state.stayed, state.undone_at is None) == (0, 0, False)
    assert state_of(shared_stage, scene.player) == journals
    assert answers(scene, seed) == figures


@pytest.mark.parametrize(("noun", "table"), [("deal", deal), ("call", LEAD_TABLES[LeadKind.CALL])])
def test_the_file_comes_in_anew_afterwards(stage: Stage, shop: Player, noun: str, table: Table) -> None:
    file = [incoming("a", 7), incoming("b")] if noun == "deal" else [call("a", id=7), call("b")]
    bring(stage, shop, noun, *file)
    undo(stage, shop)
    corrected = [replace(each, **({"status": "New"} if noun == "deal" else {"phone": "79990000000"})) for each in file]
    assert not bring(stage, shop, noun, *corrected, digest="corrected").refused
    assert logged(stage, shop).left == 2
    undo(stage, shop)
    assert not bring(stage, shop, noun, *file).refused
    assert undo(stage, shop).taken_back == 2
    rows = rows_of(stage.database, shop)[table.name]
    assert len(rows) == 2, "a row that comes in again takes the place of the one that was taken back"


def test_the_ids_of_calls_that_were_taken_back_are_free_for_lead_requests(stage: Stage, shop: Player) -> None:
    bring(stage, shop, "call", call("a", id=7, circumstances=Circumstances(sip_id="sip")))
    undo(stage, shop)
    assert not bring(stage, shop, "lead_request", IncomingLeadRequest(NOON, PHONE, id=7), digest="e").refused
    with_sip = call("b", circumstances=Circumstances(sip_id="sip"))
    assert not bring(stage, shop, "call", with_sip, digest="f").refused


def test_what_others_deleted_is_not_imported_again(stage: Stage, shop: Player) -> None:
    bring(stage, shop, "deal", incoming("a", 7))
    stage.perform(delete_deals, shop, DealKey(7, None))
    assert undo(stage, shop).stayed == 1
    bring(stage, shop, "deal", incoming("a", 7))
    assert deal_ids(stage, shop) == []
    assert logged(stage, shop).added == 0, "the file has added nothing this time"


def test_a_restored_deal_is_no_longer_replaced(stage: Stage, shop: Player) -> None:
    bring(stage, shop, "deal", incoming("a"))
    undo(stage, shop)
    (deal_id,) = deal_ids(stage, shop, with_deleted=True)
    with stage.database.write() as connection:
        restore_deal(stage.work(connection, shop), deal_id)
    done = bring(stage, shop, "deal", replace(incoming("a"), status="New"))
    assert isinstance(done.refused[2], NumberTaken)
    assert deal_ids(stage, shop) == [deal_id]


def test_a_refused_row_removes_no_deal_that_was_taken_back(stage: Stage, shop: Player) -> None:
    bring(stage, shop, "deal", incoming("a"), incoming("b"))
    undo(stage, shop)
    of_a, of_b = deal_ids(stage, shop, with_deleted=True)
    registered = DealId(register(stage, shop, "b"))
    done = bring(stage, shop, "deal", incoming("a", of_a), incoming("b"), digest="exported")
    assert sorted(done.refused) == [2, 3], "an id of the server, and a number that another deal has by now"
    assert deal_ids(stage, shop, with_deleted=True) == [of_a, of_b, registered]
    with stage.database.write() as connection:
        restore_deal(stage.work(connection, shop), of_a)
    assert deal_ids(stage, shop) == [of_a, registered]


@pytest.mark.parametrize("noun", ["deal", "call"])
def test_what_was_restored_and_deleted_again_is_not_replaced(stage: Stage, shop: Player, noun: str) -> None:
    bring(stage, shop, noun, incoming("a", 7) if noun == "deal" else call("a", id=7))
    undo(stage, shop)
    with stage.database.write() as connection:
        work, ref = stage.work(connection, shop), LeadRef(LeadKind.CALL, 7)
        if noun == "deal":
            restore_deal(work, 7)
            delete_deal(work, 7)
        else:
            restore_lead(work, ref)
            delete_lead(work, ref)
    before = rows_of(stage.database, shop)[noun]
    bring(stage, shop, noun, incoming("a", 7) if noun == "deal" else call("a", id=7))
    assert rows_of(stage.database, shop)[noun] == before, "a person has deleted it"


def test_deals_that_were_changed_or_pinned_stay(stage: Stage, shop: Player) -> None:
    bring(stage, shop, "deal", *(incoming(each, number) for number, each in enumerate("abcd", 1)))
    stage.perform(change_deals, shop, change(1, status="Won"))
    with stage.database.write() as connection:
        pin_deal(stage.work(connection, shop), 2, None)
    stage.perform(delete_deals, shop, DealKey(3, None))
    counts = {
        TakeBackOutcome.CHANGED: 1,
        TakeBackOutcome.PINNED: 1,
        TakeBackOutcome.ALREADY_DELETED: 1,
        TakeBackOutcome.DELETED: 1,
    }
    assert preview(stage, shop).counts == counts
    state = undo(stage, shop, user_id=77)
    assert (state.taken_back, state.stayed) == (1, 3)
    assert deal_ids(stage, shop) == [1, 2]
    with stage.database.read() as connection:
        last = list_versions(connection, shop.site.id, 4)[-1]
        (change_of_site, *_) = list_site_changes(connection, shop.site.id, most=1)
    assert (last.kind, last.user_id) == (VersionKind.DELETED, 77), "the deal's history says who did it"
    assert (change_of_site.kind, change_of_site.user_id) == (ChangeKind.IMPORT, 77)
    assert (change_of_site.name, change_of_site.before, change_of_site.after) == ("deal", "1", "")


def test_leads_with_notes_or_pinned_deals_stay(stage: Stage, shop: Player) -> None:
    bring(stage, shop, "call", *(call(each, id=number) for number, each in enumerate("abcd", 1)))
    deal_id = register(stage, shop, "x", clue=by_call(4))
    with stage.database.write() as connection:
        pin_deal(stage.work(connection, shop), deal_id, LeadRef(LeadKind.CALL, 1))
    stage.perform(rewrite_annotations, shop, AnnotationsRewrite(LeadRef(LeadKind.CALL, 2), ("hot",), "", ""))
    follower = register(stage, shop, "y", clue=by_call(4))
    shown = preview(stage, shop)
    assert shown.counts == {TakeBackOutcome.PINNED: 1, TakeBackOutcome.CHANGED: 1, TakeBackOutcome.DELETED: 2}
    assert shown.deals == 1
    assert [moved.kopecks for _, moved in shown.sources] == [100_000]
    state = undo(stage, shop)
    assert (state.taken_back, state.stayed) == (2, 2)
    assert deal_of(stage.database, shop, deal_id).lead == LeadRef(LeadKind.CALL, 1)
    assert deal_of(stage.database, shop, follower).lead is None, "deals are matched anew"
    bring(stage, shop, "call", call("d", id=4))
    assert deal_of(stage.database, shop, follower).lead == LeadRef(LeadKind.CALL, 4)


def test_a_preview_shows_the_money_of_each_source(stage: Stage, shop: Player) -> None:
    ad = TrafficSource("yandex", "cpc")
    bring(stage, shop, "deal", incoming("a", stated_source=ad), incoming("b", stated_source=ad), incoming("c"))
    shown = preview(stage, shop)
    assert [(source, moved.deals, moved.kopecks) for source, moved in shown.sources] == [
        (("yandex", "cpc"), 2 * WHOLE, 20_000),
        ((None, None), WHOLE, 10_000),
    ]


def test_a_run_that_is_stopped_is_continued(stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "ROWS_PER_STEP", 2)
    bring(stage, shop, "deal", *(incoming(str(number)) for number in range(5)))
    number = logged(stage, shop).number
    with stage.database.write() as connection:
        assert begin_take_back(stage.work(connection, shop), shop.site.id, number) is not None
    run = TakeBackRun(stage.database, shop.site.id, number, lambda: datetime.now(UTC))
    first = next(take_back(run))
    assert (first.taken_back, first.left, first.is_begun) == (2, 3, True)
    with pytest.raises(ImportInProgress):
        bring(stage, shop, "deal", incoming("0"))
    others = [next(run) for run in (take_back(run), take_back(run))]
    assert [each.left for each in others] == [1, 0], "two runs share the rows"
    assert list(take_back(run))[-1].taken_back == 5
    assert list(take_back(run)) == [], "it is finished"
    with stage.database.write() as connection:
        assert begin_take_back(stage.work(connection, shop), shop.site.id, number) is None


def test_an_import_that_is_being_taken_back_does_not_go_on(stage: Stage, shop: Player) -> None:
    stage.ids.ensure(IDS_AT_ONCE)
    with stage.database.write() as connection:
        work = stage.work(connection, shop)
        begun = begin_import(work, "d", ImportedFile("deal", "deals.csv"))
        at = import_rows(work, import_deals, begun, [ImportRow(2, incoming("a"))]).at
        assert begin_take_back(work, shop.site.id, at.number or 0) is not None
    with stage.database.write() as connection, pytest.raises(ImportInProgress):
        import_rows(stage.work(connection, shop), import_deals, at, [ImportRow(3, incoming("b"))])


def test_a_run_from_before_an_import_was_taken_back_does_not_go_on(stage: Stage, shop: Player) -> None:
    stage.ids.ensure(IDS_AT_ONCE)
    file, rows = ImportedFile("deal", "deals.csv"), [ImportRow(2, incoming("a"))]
    with stage.database.write() as connection:
        work = stage.work(connection, shop)
        at = import_rows(work, import_deals, begin_import(work, "d", file), rows).at
    undo(stage, shop)
    with stage.database.write() as connection:
        work = stage.work(connection, shop)
        import_rows(work, import_deals, begin_import(work, "d", file), rows)
    for attempt in (
        lambda work: import_rows(work, import_deals, at, [ImportRow(3, incoming("b"))]),
        lambda work: finish_import(work, at, "deal"),
    ):
        with stage.database.write() as connection, pytest.raises(ImportInProgress):
            attempt(stage.work(connection, shop))
    assert (logged(stage, shop).number, logged(stage, shop).left) == (2, 1)


def a_request(number: str, phone: str = PHONE) -> IncomingLeadRequest:
    """Make a lead request of a file."""
    return IncomingLeadRequest(NOON - timedelta(minutes=5), phone, number=number, fingerprint=number + phone)


@pytest.mark.parametrize("noun", ["deal", "lead_request"])
@pytest.mark.parametrize("first", ["d", "e"])
def test_what_two_imports_have_goes_with_the_last_of_them(stage: Stage, shop: Player, noun: str, first: str) -> None:
    make = incoming if noun == "deal" else a_request
    bring(stage, shop, noun, make("a"), make("b"))
    bring(stage, shop, noun, make("b"), make("c"), make("b"), digest="e")
    shared = preview(stage, shop)
    assert shared.counts == {TakeBackOutcome.SHARED: 1, TakeBackOutcome.DELETED: 1}
    number = {"d": 1, "e": 2}[first]
    assert (undo(stage, shop, number).taken_back, names(stage, shop, noun)) == (1, ["b", "c" if first == "d" else "a"])
    assert (undo(stage, shop, 3 - number).taken_back, names(stage, shop, noun)) == (2, [])
    assert "imported_row" not in rows_of(stage.database, shop)


def names(stage: Stage, player: Player, noun: str) -> list[str]:
    """Return the numbers of the deals or lead requests of a site that are not deleted, those of both files first."""
    table = deal if noun == "deal" else LEAD_TABLES[LeadKind.LEAD_REQUEST]
    shown = select(table.c.number).where(table.c.site_id == player.site.id, table.c.deleted_at.is_(None))
    with stage.database.read() as connection:
        return sorted(connection.execute(shown).scalars(), key=lambda name: (name != "b", name))


def test_what_was_there_before_an_import_is_not_its_own(stage: Stage, shop: Player) -> None:
    stage.perform(register_lead_requests, shop, a_request("b"))
    bring(stage, shop, "lead_request", a_request("b"), a_request("c"))
    assert logged(stage, shop).left == 1
    bring(stage, shop, "call", call("b"), digest="calls")
    bring(stage, shop, "deal", incoming("b"), digest="deals")
    undo(stage, shop, 1)
    assert names(stage, shop, "lead_request") == ["b"]


def test_rows_of_a_forgotten_import_are_everybodys(stage: Stage, shop: Player) -> None:
    bring(stage, shop, "deal", incoming("a"))
    bring(stage, shop, "deal", incoming("a"), incoming("b"), digest="e", now=NOON + timedelta(days=1))
    while stage.perform(forget_imports, shop, NOON + timedelta(hours=1)) == [True]:
        pass
    assert undo(stage, shop).taken_back == 1
    assert names(stage, shop, "deal") == ["a"]


@pytest.mark.parametrize("refused_by", ["sip", "id", "number"])
def test_a_refused_lead_removes_none_that_was_taken_back(stage: Stage, shop: Player, refused_by: str) -> None:
    """It has the name of one that was taken back, and another name of one that is there."""
    if refused_by == "number":
        bring(stage, shop, "lead_request", a_request("a"))
        refused: Any = replace(a_request("a", "79990000000"), id=LeadRequestId(9))
        there: Any = replace(a_request("other"), id=LeadRequestId(9))
    else:
        bring(stage, shop, "call", call("a"))
        sip = Circumstances(sip_id="sip")
        refused = call("a", circumstances=sip) if refused_by == "sip" else call("a", id=9)
        there = call("b", circumstances=sip) if refused_by == "sip" else call("b", id=9)
    noun = logged(stage, shop).file.noun
    undo(stage, shop)
    bring(stage, shop, noun, there, digest="e")
    assert list(bring(stage, shop, noun, refused, digest="f").refused) == [2]
    table = LEAD_TABLES[LeadKind(noun)]
    mine = select(table.c.id).where(table.c.site_id == shop.site.id, table.c.deleted_at.is_not(None))
    with stage.database.write() as connection:
        gone = connection.execute(mine).scalar_one()
        restore_lead(stage.work(connection, shop), LeadRef(LeadKind(noun), gone))


def test_a_lead_whose_fields_a_program_cleared_stays(stage: Stage) -> None:
    site = stage.open_site(fields=["city", "size"])
    said = Annotations(custom_values={"city": "Vladimir", "size": "L"})
    bring(stage, site, "call", call("a", id=7, annotations=said), call("b"))
    stage.perform(clear_fields, site, Clearing(LeadName(LeadKind.CALL, id=7), ("city",)))
    assert preview(stage, site).counts == {TakeBackOutcome.CHANGED: 1, TakeBackOutcome.DELETED: 1}
    (lead,) = stage.perform(undo_annotations, site, AnnotationsUndo(LeadRef(LeadKind.CALL, 7), 1))
    assert lead == LeadRef(LeadKind.CALL, 7)
    (refused,) = stage.perform(undo_annotations, site, AnnotationsUndo(LeadRef(LeadKind.CALL, 7), 1))
    assert isinstance(refused, InvalidParameters)
    assert [violation.field for violation in refused.violations] == ["city"]
    with stage.database.read() as connection:
        stored = find_annotations(connection, site.site.id, [LeadRef(LeadKind.CALL, 7)], lock=False)
    assert stored[LeadRef(LeadKind.CALL, 7)].annotations.custom_values == said.custom_values


def test_a_step_matches_no_more_deals_than_it_may(stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "DEALS_PER_STEP", 3)
    bring(stage, shop, "call", *(call(str(number), id=number) for number in range(1, 6)))
    for lead, deals in ((1, 2), (2, 2), (3, 5), (4, 1)):
        for number in range(deals):
            register(stage, shop, f"{lead} {number}", clue=by_call(lead))
    with stage.database.write() as connection:
        assert begin_take_back(stage.work(connection, shop), shop.site.id, 1) is not None
    steps = list(take_back(TakeBackRun(stage.database, shop.site.id, 1, lambda: datetime.now(UTC))))
    assert [each.taken_back for each in steps] == [1, 2, 3, 5, 5], "a lead with more deals has a step of its own"
    with stage.database.read() as connection:
        assert {deal_of(stage.database, shop, each).lead for each in deal_ids(stage, shop)} == {None}


def test_a_preview_reads_no_more_than_it_may(stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "ROWS_COUNTED_MAX", 2)
    bring(stage, shop, "call", *(call(str(number), id=number) for number in range(1, 4)))
    for number, lead in enumerate((1, 1, 2, 3)):
        register(stage, shop, f"of a lead {number}", clue=by_call(lead))
    shown = preview(stage, shop)
    assert (shown.counts, shown.counted, shown.deals, shown.is_cut) == ({TakeBackOutcome.DELETED: 2}, 2, 3, True)
    monkeypatch.setattr(taking, "DEALS_READ_MAX", 1)
    assert (preview(stage, shop).deals, preview(stage, shop).is_cut) == (1, True)


def test_a_neighbour_keeps_its_rows(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    for player in (shop, neighbour):
        bring(stage, player, "deal", incoming("a", 7))
    undo(stage, shop)
    assert deal_of(stage.database, neighbour, DealId(7)).deleted_at is None
    assert logged(stage, neighbour).left == 1


def test_old_imports_are_forgotten(stage: Stage, shop: Player) -> None:
    bring(stage, shop, "deal", incoming("a"))
    bring(stage, shop, "deal", incoming("b"), digest="e", now=NOON + timedelta(days=1))
    with stage.database.read() as connection:
        assert shop.site.id not in list_sites_with_old_imports(connection, NOON)
        assert shop.site.id in list_sites_with_old_imports(connection, NOON + timedelta(hours=1))
    assert [stage.perform(forget_imports, shop, NOON + timedelta(hours=1)) for _ in range(3)] == [
        [True], [True], [False],
    ]  # fmt: skip
    with stage.database.read() as connection:
        assert [each.file.name for each in list_imports(connection, shop.site.id)] == ["deals.csv"]
        assert find_import(connection, shop.site.id, 1) is None
    assert len(rows_of(stage.database, shop)["imported_row"]) == 1
    assert timedelta(days=28) < REMEMBERED_FOR < timedelta(days=32), "a month, as pages say"


def test_a_file_comes_in_anew_when_its_unfinished_undoing_is_forgotten(stage: Stage, shop: Player) -> None:
    bring(stage, shop, "deal", incoming("a"))
    with stage.database.write() as connection:
        assert begin_take_back(stage.work(connection, shop, NOON), shop.site.id, 1) is not None
    while stage.perform(forget_imports, shop, NOON + timedelta(hours=1)) == [True]:
        pass
    with stage.database.read() as connection:
        assert list_imports(connection, shop.site.id) == []
    bring(stage, shop, "deal", incoming("a"), incoming("b"))
    assert (logged(stage, shop).number, logged(stage, shop).left) == (2, 1)


def test_an_erasure_forgets_which_file_brought_the_person_in(stage: Stage, shop: Player) -> None:
    bring(stage, shop, "call", call("a"), call("b", "79990000000"))
    bring(stage, shop, "deal", incoming("a", clue=by_contact(PHONE)), digest="e")
    undo(stage, shop)
    with stage.database.write() as connection:
        erase_person(account_work(connection), [shop.site], PHONE)
    rows = rows_of(stage.database, shop)
    assert len(rows["imported_row"]) == 1
    assert "taken_back_row" not in rows
