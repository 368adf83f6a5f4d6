"""Reports of an exchange: the first makes a call, later ones change it, and its deals follow."""

import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import update

import dealtrace
from cast import Player, Stage
from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.errors import PointsSpent
from dealtrace.leads.call import CallReport, Circumstances, IncomingCall
from dealtrace.leads.contact import md5_of_phone
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.import_lists import import_calls, import_lead_requests
from dealtrace.operations.leads.report_calls import IDS_PER_REPORT_MAX, report_calls
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.schema.tables.leads import call as call_table
from stored import lead_of, points_of, rows_of, versions_of
from write_commands import NOON, by_call, by_contact, registration

PHONE = "79205550055"
OTHER = "79991112233"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
BEFORE = NOON - 10 * MINUTE
SOURCE = Path(dealtrace.__file__).parent
MODULES_OF_A_KNOWN_CALL_MAX = 8
"""The modules of operations and storage, without the engine's, that a known call passes when it is reported again.

When all of intake was one module, the same report passed 20: eight of operations, twelve of storage. Decision 0036
counts them before and after.
"""
MODULES_OF_NEW_DETAILS_MAX = 6
"""The same for a report with the same contacts and times, such as who answered, which passed the same 20."""
MODULES_OF_A_KNOWN_CALL_WITH_A_DEAL_MAX = 12
"""The same for a call whose deal must be matched again, which passed the same 20."""
MODULES_OF_ANOTHER_PHONE_MAX = 13
"""The same for a call that turns out to be of another client; it passed 21, before clients were groups of contacts."""
WITH_THE_DOMAIN_MAX = 15
"""The modules of a known call with those of the domain, which were 26."""
NEW_DETAILS_WITH_THE_DOMAIN_MAX = 12
FOLDERS_OF_A_KNOWN_CALL_MAX = 6


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def report(reference: str = "ats-1", **values: Any) -> CallReport:
    return CallReport(reference, values.pop("started_at", BEFORE), **values)


def incoming_call(reference: str) -> IncomingCall:
    return IncomingCall(NOON, MINUTE, PHONE, reference)


def send(stage: Stage, player: Player, *reports: CallReport) -> list[Any]:
    return stage.perform(report_calls, player, *reports)


def kept(stage: Stage, player: Player) -> list[dict[str, Any]]:
    rows = rows_of(stage.database, player).get("call", [])
    return [dict(zip(call_table.columns.keys(), row, strict=True)) for row in rows]


def register(stage: Stage, player: Player, **said: Any) -> int:
    (receipt,) = stage.perform(register_deals, player, registration(**said))
    deal_id: int = receipt.deal_id
    return deal_id


def test_the_first_report_makes_a_call(stage: Stage, shop: Player) -> None:
    went = Circumstances(None, True, MINUTE, "74950000000", "101", None, "ats", "model")
    (call_id,) = send(stage, shop, report(duration=2 * MINUTE, phone="8 920 555 00 55", circumstances=went))
    (row,) = kept(stage, shop)
    assert (row["id"], row["reference"], row["duration_seconds"], row["waiting_seconds"]) == (call_id, "ats-1", 120, 60)
    result = [row[name] for name in ("is_successful", "dialled_phone", "answering_phone", "exchange", "exchange_model")]
    assert result == [True, "74950000000", "101", "ats", "model"]
    assert [row[1] for row in rows_of(stage.database, shop)["lead_contact"]] == [PHONE]


def test_a_bare_report_will_do(stage: Stage, shop: Player) -> None:
    send(stage, shop, report())
    (row,) = kept(stage, shop)
    assert (row["duration_seconds"], row["phone"]) == (0, "")
    assert "lead_contact" not in rows_of(stage.database, shop)


def test_a_later_report_changes_what_it_states_and_keeps_the_rest(stage: Stage, shop: Player) -> None:
    (first,) = send(stage, shop, report(phone=PHONE, circumstances=Circumstances(dialled_phone="1", pbx="a")))
    (again,) = send(
        stage, shop, report(duration=MINUTE, circumstances=Circumstances(is_successful=False, waiting=timedelta(0)))
    )
    assert first == again
    (row,) = kept(stage, shop)
    result = ("duration_seconds", "phone", "is_successful", "waiting_seconds", "dialled_phone", "exchange")
    assert [row[name] for name in result] == [60, PHONE, False, 0, "1", "a"]
    (span,) = rows_of(stage.database, shop)["lead_contact"]
    assert BEFORE + MINUTE in span
    assert len(rows_of(stage.database, shop)["client"]) == 1


def test_it_keeps_the_remarks_of_a_call_that_was_imported(stage: Stage, shop: Player) -> None:
    stage.call(shop, BEFORE, reference="ats-1", client_name="Иван")
    before = kept(stage, shop)[0]
    send(stage, shop, report(duration=MINUTE))
    (after,) = kept(stage, shop)
    assert after == {**before, "duration_seconds": 60}


def test_reports_of_one_batch_follow_each_other(stage: Stage, shop: Player) -> None:
    ids = send(
        stage, shop, report(phone=PHONE), report("ats-2"), report(duration=MINUTE), report(phone=OTHER), report("ats-2")
    )
    assert (ids[0], ids[1]) == (ids[2], ids[4])
    assert ids[0] == ids[3] != ids[1]
    result = {row["reference"]: row for row in kept(stage, shop)}
    assert (result["ats-1"]["phone"], result["ats-1"]["duration_seconds"]) == (OTHER, 60)
    assert len(result) == 2


def test_another_phone_is_another_person(stage: Stage, shop: Player) -> None:
    send(stage, shop, report(phone=PHONE))
    (before,) = kept(stage, shop)
    send(stage, shop, report(phone="Anonymous"))
    assert kept(stage, shop)[0]["client_id"] != before["client_id"], "an unknown caller is a client of their own"
    assert {"lead_contact", "contact"}.isdisjoint(rows_of(stage.database, shop))
    send(stage, shop, report(phone=OTHER))
    assert kept(stage, shop)[0]["client_id"] != before["client_id"]
    owner = stage.call(shop, NOON, phone=PHONE)
    send(stage, shop, report(phone=PHONE))
    assert len({row["client_id"] for row in kept(stage, shop)}) == 1, owner


def test_a_call_stored_with_blanks_around_its_reference_is_found_by_either_spelling(stage: Stage, shop: Player) -> None:
    (call_id,) = send(stage, shop, report(phone=PHONE))
    with stage.database.write() as connection:
        mine = (call_table.c.site_id == shop.site.id, call_table.c.id == call_id)
        connection.execute(update(call_table).where(*mine).values(reference="ats-1 "))  # as earlier releases did
    assert send(stage, shop, report("ats-1 ", duration=MINUTE), report("ats-1 ", duration=HOUR)) == [call_id, call_id]
    (row,) = kept(stage, shop)
    assert (row["duration_seconds"], row["reference"]) == (3600, "ats-1 ")


class TestDeals:
    """The deals of the call as it was told before and as it is told now are matched anew."""

    def test_a_call_that_lasts_longer_reaches_its_deal(self, stage: Stage, shop: Player) -> None:
        deal_id = register(stage, shop, clue=by_contact(PHONE, threshold=5 * MINUTE))
        (call_id,) = send(stage, shop, report(phone=PHONE))
        assert lead_of(stage, shop, deal_id) is None
        send(stage, shop, report(duration=5 * MINUTE))
        assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.CALL, call_id)
        send(stage, shop, report(duration=MINUTE))
        assert lead_of(stage, shop, deal_id) is None
        assert [version.kind for version in versions_of(stage.database, shop, deal_id)] == [
            "registered", "matched", "matched",
        ]  # fmt: skip

    def test_a_call_that_moves_leaves_one_deal_for_another(self, stage: Stage, shop: Player) -> None:
        early = register(stage, shop, clue=by_contact(PHONE, threshold=HOUR), happened_at=NOON)
        late = register(stage, shop, clue=by_contact(PHONE, threshold=HOUR), happened_at=NOON + 5 * HOUR)
        (call_id,) = send(stage, shop, report(phone=PHONE))
        call = LeadRef(LeadKind.CALL, call_id)
        assert (lead_of(stage, shop, early), lead_of(stage, shop, late)) == (call, None)
        send(stage, shop, report(started_at=NOON + 4 * HOUR + MINUTE))
        assert (lead_of(stage, shop, early), lead_of(stage, shop, late)) == (None, call)

    def test_a_call_of_somebody_else_gives_its_deal_up(self, stage: Stage, shop: Player) -> None:
        mine = register(stage, shop, clue=by_contact(PHONE))
        theirs = register(stage, shop, clue=by_contact(OTHER))
        (call_id,) = send(stage, shop, report(phone=PHONE))
        call = LeadRef(LeadKind.CALL, call_id)
        assert (lead_of(stage, shop, mine), lead_of(stage, shop, theirs)) == (call, None)
        send(stage, shop, report(phone=OTHER))
        assert (lead_of(stage, shop, mine), lead_of(stage, shop, theirs)) == (None, call)

    def test_a_deal_that_names_the_call_keeps_it(self, stage: Stage, shop: Player) -> None:
        deal_id = register(stage, shop, clue=by_call(reference="ats-1"))
        (call_id,) = send(stage, shop, report(phone=PHONE))
        send(stage, shop, report(started_at=NOON + 100 * HOUR, phone=OTHER))
        assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.CALL, call_id)

    @pytest.mark.parametrize("contact_matching", [False, True])
    @pytest.mark.parametrize("sought", [{"contacts": (PHONE,)}, {"digests": (md5_of_phone(PHONE),)}])
    def test_a_matcher_chooses_the_leg_that_ended_last(
        self, stage: Stage, contact_matching: bool, sought: dict[str, Any]
    ) -> None:
        shop = stage.open_site(contact_matching=contact_matching)
        first, second = send(stage, shop, report("leg-1", phone=PHONE), report("leg-2", phone=PHONE))
        matcher = Matcher(MatcherKind.CONTACT, (LeadKind.CALL,), until=NOON, **sought)
        deal_id = register(stage, shop, matchers=(matcher,))
        assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.CALL, second)
        send(stage, shop, report("leg-1", duration=MINUTE))
        assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.CALL, first)

    def test_it_ends_as_if_the_last_report_had_been_the_only_one(self, stage: Stage) -> None:
        ends: list[list[bool]] = []
        last = report(phone=PHONE, duration=20 * MINUTE)
        for reports in ([last], [report(phone=OTHER, started_at=NOON + HOUR), report(), last]):
            shop = stage.open_site(contact_matching=True)
            deals = [
                register(stage, shop, clue=by_contact(phone, threshold=MINUTE), happened_at=NOON + shift)
                for phone in (PHONE, OTHER)
                for shift in (-HOUR, timedelta(0), 10 * MINUTE, 12 * MINUTE, HOUR)
            ]
            for item in reports:
                send(stage, shop, item)
            ends.append([lead_of(stage, shop, deal_id) is not None for deal_id in deals])
        assert ends[0] == ends[1]
        assert any(ends[0])


def test_a_report_that_states_nothing_new_costs_and_stores_nothing(stage: Stage, shop: Player) -> None:
    whole = report(phone=PHONE, duration=MINUTE)
    (first,) = send(stage, shop, whole)
    stored = rows_of(stage.database, shop)
    assert send(stage, shop, whole, report()) == [first, first]
    assert rows_of(stage.database, shop) == stored
    assert points_of(stage.database, shop) == 1


def test_without_points_nothing_is_kept(stage: Stage) -> None:
    shop = stage.open_site(points_per_day=2)
    outcomes = send(stage, shop, report(), report("ats-2"), report("ats-3"), report(duration=MINUTE), report())
    assert [isinstance(outcome, PointsSpent) for outcome in outcomes] == [False, False, True, True, False]
    assert [row["reference"] for row in kept(stage, shop)] == ["ats-1", "ats-2"]
    assert kept(stage, shop)[0]["duration_seconds"] == 0


def test_sites_do_not_share_references(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    (mine,), (theirs,) = send(stage, shop, report(phone=PHONE)), send(stage, neighbour, report(phone=PHONE))
    stored = rows_of(stage.database, shop)
    send(stage, neighbour, report(duration=MINUTE, phone=OTHER))
    assert mine != theirs
    assert rows_of(stage.database, shop) == stored


class TestImport:
    """Lists of leads: a command brings many, and costs once."""

    def test_lists_of_one_batch_know_of_each_other(self, stage: Stage, shop: Player) -> None:
        first, second, nothing = stage.perform(
            import_calls,
            shop,
            [incoming_call("a"), incoming_call("b")],
            [incoming_call("b"), incoming_call("c")],
            [],
        )
        assert [type(outcome).__name__ for outcome in [*first.outcomes, *second.outcomes]] == [
            "Call", "Call", "LeadTaken", "Call",
        ]  # fmt: skip
        assert len({first.log_id, second.log_id, nothing.log_id}) == 3
        assert points_of(stage.database, shop) == 2

    def test_from_the_first_that_cannot_be_paid_all_are_refused(self, stage: Stage) -> None:
        shop = stage.open_site(points_per_day=1)
        sent = IncomingLeadRequest(NOON, number="R", phone=PHONE, fingerprint="f")
        paid, unpaid, after = stage.perform(
            import_lead_requests, shop, [sent], [IncomingLeadRequest(NOON, number="S")], [sent]
        )
        assert paid.outcomes[0].number == "R"
        assert isinstance(unpaid, PointsSpent)
        assert isinstance(after, PointsSpent)
        assert len(rows_of(stage.database, shop)["lead_request"]) == 1
        (retried,) = stage.perform(import_lead_requests, shop, [sent])
        assert retried.outcomes == paid.outcomes, "a retry costs nothing"


BEGUN = report(phone=PHONE, circumstances=Circumstances(pbx="a"))
ANSWERED = report(phone=PHONE, circumstances=Circumstances(answering_phone="101"))
FINISHED = report(phone=PHONE, duration=MINUTE, circumstances=Circumstances(is_successful=True, pbx="a"))


def modules_of(stage: Stage, player: Player, again: CallReport) -> set[str]:
    """Report a call, and return the modules that were passed through, by path, without those of the database engine."""
    modules: set[str] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(SOURCE):
            modules.add(path.relative_to(SOURCE).as_posix())

    @operation(ids_per_command=IDS_PER_REPORT_MAX)
    def observed(work: Work, commands: Sequence[WriteCommand[CallReport]]) -> Sequence[object]:
        sys.setprofile(note)
        try:
            return report_calls(work, commands)
        finally:
            sys.setprofile(None)

    stage.perform(observed, player, again)
    return {name for name in modules if not name.startswith("storage/database/")}


def machinery_of(modules: set[str]) -> list[str]:
    """Return the modules of operations and storage."""
    return sorted(name for name in modules if name.startswith(("operations/", "storage/")))


def test_a_known_call_that_is_reported_again_passes_through_few_modules_and_folders(stage: Stage, shop: Player) -> None:
    send(stage, shop, BEGUN)
    modules = modules_of(stage, shop, FINISHED)
    machinery = machinery_of(modules)
    assert len(machinery) <= MODULES_OF_A_KNOWN_CALL_MAX, machinery
    assert len({Path(name).parent for name in machinery}) <= FOLDERS_OF_A_KNOWN_CALL_MAX, machinery
    assert len(modules) <= WITH_THE_DOMAIN_MAX, sorted(modules)


def test_details_that_matching_does_not_look_at_pass_through_fewer_modules_yet(stage: Stage, shop: Player) -> None:
    send(stage, shop, BEGUN)
    modules = modules_of(stage, shop, ANSWERED)
    assert len(machinery_of(modules)) <= MODULES_OF_NEW_DETAILS_MAX, machinery_of(modules)
    assert len(modules) <= NEW_DETAILS_WITH_THE_DOMAIN_MAX, sorted(modules)
    assert kept(stage, shop)[0]["answering_phone"] == "101"


def test_another_phone_passes_through_the_modules_of_clients_and_no_more(stage: Stage, shop: Player) -> None:
    send(stage, shop, BEGUN)
    machinery = machinery_of(modules_of(stage, shop, report(phone=OTHER)))
    assert len(machinery) <= MODULES_OF_ANOTHER_PHONE_MAX, machinery


def test_a_known_call_with_a_deal_passes_through_few_modules_too(stage: Stage, shop: Player) -> None:
    deal_id = register(stage, shop, clue=by_call(reference="ats-1", clue=by_contact(PHONE)))
    (call_id,) = send(stage, shop, BEGUN)
    machinery = machinery_of(modules_of(stage, shop, FINISHED))
    assert len(machinery) <= MODULES_OF_A_KNOWN_CALL_WITH_A_DEAL_MAX, machinery
    assert lead_of(stage, shop, deal_id) == LeadRef(LeadKind.CALL, call_id)
