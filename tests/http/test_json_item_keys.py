"""Unknown keys of the items of lists are found at every depth."""

import functools

import pytest

from dealtrace.calltouch.client_orders.parameters import CREATE_BODY, UPDATE_BODY
from dealtrace.calltouch.json_bodies import StatedSource
from dealtrace.calltouch.json_keys import fields_by_key
from dealtrace.calltouch.leads.import_calls import BATCH
from dealtrace.calltouch.leads.matching_elements import ELEMENT_PARAMS, Element, Params, VisitParams
from dealtrace.http.json_item_keys import KnownKeys, known_keys

CALL, CREATE, UPDATE = (known_keys(body.described()) for body in (BATCH, CREATE_BODY, UPDATE_BODY))


@pytest.mark.parametrize(
    ("keys", "items", "unknown"),
    [
        (CALL, [{"referenceId": "1", "refrenceId": 1}], ["refrenceId"]),
        (CALL, [{"customSources": {"source": "a", "sorce": {"b": 1}}}, 7, None, [{"x": 1}]], ["customSources.sorce"]),
        (CALL, [{"addTags": functools.reduce(lambda inner, _: [inner], range(5_000), [])}], []),
        (CALL, [{"comment": "text"}, {"comment": ["x", {"y": 1}]}, {"customFields": "x"}], ["comment.y"]),
        (CREATE, [{"matching": [{"type": "call", "callParams": {"callid": 1}}]}], ["matching.callParams.callid"]),
        (CREATE, [{"orderContacts": {"mainContacts": {"phones": 1}}}], ["orderContacts.mainContacts.phones"]),
        (CREATE, [{"addTags": {"tags": [{"tag": "a"}], "overwrite": False, "x": 1}}], ["addTags.x"]),
        (UPDATE, [{"addTags": {"tags": [{"tag": "a"}], "overwrite": True, "x": 1}}], ["addTags.x"]),
        (UPDATE, [{"addTags": [{"tag": "a", "names": []}]}], ["addTags.names"]),
        (UPDATE, [{"addCustomFieldsToLead": {"customFields": [{"field": "a", "x": 1}]}}],
         ["addCustomFieldsToLead.customFields.x"]),
    ],
)  # fmt: skip
def test_an_unknown_key_is_named_with_its_place(keys: KnownKeys, items: list[object], unknown: list[str]) -> None:
    assert list(keys.unknown(items)) == unknown


def test_keys_in_another_case_are_renamed_where_they_are_known() -> None:
    deep = functools.reduce(lambda inner, _: [inner], range(5_000), [])
    item = {"OrderNumber": 1, "addTags": deep, "CustomFields": [{"Field": "City", "X": {"Y": 1}}], "x": {"Status": 1}}
    known = {"orderNumber": 1, "addTags": deep, "customFields": [{"field": "City", "X": {"Y": 1}}], "x": {"Status": 1}}
    assert CREATE.respelt([item, 7]) == [known, 7]
    both = {"orderNumber": 1, "OrderNumber": 2}
    assert CREATE.respelt([both]) == [both]


def test_items_with_known_keys_are_not_copied() -> None:
    items = [{"orderNumber": 1}]
    assert CREATE.respelt(items) is items


def test_all_keys_that_searches_read_are_known() -> None:
    assert set(fields_by_key(Element)) <= {"type", *ELEMENT_PARAMS}
    known = {key for keys in ELEMENT_PARAMS.values() for key in keys}
    assert {*fields_by_key(Params), *fields_by_key(StatedSource), *fields_by_key(VisitParams)} <= known
