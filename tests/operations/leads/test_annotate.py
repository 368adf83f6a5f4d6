"""Tags that leads get after a deal that looks for them: the deal is matched as if the leads had had them before."""

from datetime import timedelta
from typing import Any

import pytest

from cast import Player, Stage
from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.deals.versions import VersionKind
from dealtrace.leads.annotations import Addition
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.matching.lead_search import SearchById
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.leads.annotate import AnnotationCall, LeadAnnotation, annotate_leads
from dealtrace.operations.leads.change_in_cabinet import AnnotationsRewrite, rewrite_annotations
from dealtrace.quota.points import PaidMethod
from stored import deal_of, versions_of
from write_commands import NOON, registration

PHONE = "79205550055"
BEFORE = NOON - timedelta(minutes=10)
TARGET = Matcher(
    MatcherKind.CONTACT, tuple(LeadKind), contacts=(PHONE,), until=NOON, tags=("target", "hot"), any_tag=True
)
ANY_CALL = Matcher(MatcherKind.CONTACT, (LeadKind.CALL,), contacts=(PHONE,), until=NOON)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def register(stage: Stage, shop: Player, *matchers: Matcher) -> int:
    (receipt,) = stage.perform(register_deals, shop, registration(matchers=matchers))
    return int(receipt.deal_id)


def tag(stage: Stage, shop: Player, ref: LeadRef, *tags: str, overwrite: bool = False) -> None:
    added = LeadAnnotation((SearchById(ref),), Addition(tags, overwrite=overwrite))
    assert stage.perform(annotate_leads, shop, AnnotationCall(PaidMethod.TAG_LEADS, [added])) == [[ref]]


def tag_by_hand(stage: Stage, shop: Player, ref: LeadRef, *tags: str) -> None:
    assert stage.perform(rewrite_annotations, shop, AnnotationsRewrite(ref, tags, "", "")) == [ref]


@pytest.mark.parametrize("add_tags", [tag, tag_by_hand])
def test_a_deal_that_looks_for_a_tag_gets_the_lead_that_is_tagged_later(
    stage: Stage, shop: Player, add_tags: Any
) -> None:
    call = LeadRef(LeadKind.CALL, stage.call(shop, BEFORE, phone=PHONE).id)
    deal = register(stage, shop, TARGET)
    add_tags(stage, shop, call, "cold")
    assert deal_of(stage.database, shop, deal).lead is None
    add_tags(stage, shop, call, "cold", "hot")
    assert deal_of(stage.database, shop, deal).lead == call
    assert [version.kind for version in versions_of(stage.database, shop, deal)][1:] == [VersionKind.MATCHED]


def test_a_lead_that_is_named_by_its_id_and_has_no_contacts_is_found_by_its_tag(stage: Stage, shop: Player) -> None:
    request = LeadRef(LeadKind.LEAD_REQUEST, stage.lead_request(shop, BEFORE, email="ivan@example.ru").id)
    deal = register(stage, shop, Matcher(MatcherKind.ID, (request.kind,), lead_id=request.id, tags=("hot",)))
    tag(stage, shop, request, "hot")
    assert deal_of(stage.database, shop, deal).lead == request


def test_an_earlier_matcher_wins_once_its_tag_is_there(stage: Stage, shop: Player) -> None:
    call = LeadRef(LeadKind.CALL, stage.call(shop, BEFORE, phone=PHONE).id)
    request = LeadRef(LeadKind.LEAD_REQUEST, stage.lead_request(shop, BEFORE, phone=PHONE).id)
    deal, other = register(stage, shop, TARGET, ANY_CALL), register(stage, shop, ANY_CALL)
    assert deal_of(stage.database, shop, deal).lead == call
    tag(stage, shop, request, "target")
    assert deal_of(stage.database, shop, deal).lead == request
    assert len(versions_of(stage.database, shop, other)) == 1


def test_a_deal_keeps_the_lead_that_loses_its_tag(stage: Stage, shop: Player) -> None:
    call = LeadRef(LeadKind.CALL, stage.call(shop, BEFORE, phone=PHONE).id)
    deal = register(stage, shop, TARGET)
    tag(stage, shop, call, "hot")
    tag(stage, shop, call, "done", overwrite=True)
    assert deal_of(stage.database, shop, deal).lead == call
