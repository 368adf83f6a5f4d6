"""The former values of a change: whole when something is removed, a single part when only that part changes."""

from dealtrace.accounts.site_change import FormerValues, only_part
from dealtrace.operations.alerts.former_rules import ALERT_PARTS
from dealtrace.operations.mails.scheduled_reports import REPORT_PARTS


def test_a_change_of_one_part_states_the_id_and_that_part() -> None:
    former: FormerValues = {"id": 7, "rule": "calls silence 3h", "filters": ["city:is:Kazan"]}
    assert only_part(former, "filters") == {"id": 7, "filters": ["city:is:Kazan"]}
    assert former == {"id": 7, "rule": "calls silence 3h", "filters": ["city:is:Kazan"]}, "the whole stays as it is"


def test_every_part_that_the_history_knows_has_a_type() -> None:
    assert {*ALERT_PARTS, *REPORT_PARTS, "id"} <= FormerValues.__annotations__.keys()
