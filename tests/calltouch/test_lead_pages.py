"""Arrays of leads: gathered in parts, and refused when they are too long."""

from datetime import timedelta

import msgspec
import pytest

from cast import Player, Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.calltouch.journals import lead_pages
from dealtrace.calltouch.journals.lead_pages import build_all_records
from dealtrace.errors import InvalidParameters
from dealtrace.http.parameter_table import Sent
from dealtrace.leads.lead import LeadKind
from dealtrace.storage.journals.lead_journal import LeadQuery
from write_commands import NOON

QUERY = LeadQuery(LeadKind.CALL, AttributionModel.LAST_NON_DIRECT)


def listed(stage: Stage, player: Player) -> list[int]:
    with stage.database.read() as connection:
        records = build_all_records(connection, player.site, QUERY, Sent(), lambda entry: {"id": entry.lead.id})
    return [msgspec.json.decode(record)["id"] for record in records]


@pytest.fixture
def ids(stage: Stage, shop: Player) -> list[int]:
    return [stage.call(shop, NOON + timedelta(minutes=n)).id for n in range(5)]


def test_they_are_stated_in_their_order_however_many_are_gathered_at_once(
    stage: Stage, shop: Player, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for at_once in (1, 2, 5, 6):
        monkeypatch.setattr(lead_pages, "RECORDS_AT_ONCE", at_once)
        assert listed(stage, shop) == ids


def test_an_array_holds_so_many_and_no_more(
    stage: Stage, shop: Player, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lead_pages, "ARRAY_SIZE_MAX", 5)
    assert listed(stage, shop) == ids
    monkeypatch.setattr(lead_pages, "ARRAY_SIZE_MAX", 4)
    with pytest.raises(InvalidParameters) as refused:
        listed(stage, shop)
    (violation,) = refused.value.violations
    assert (violation.field, "limit" in violation.en) == ("page", True)
