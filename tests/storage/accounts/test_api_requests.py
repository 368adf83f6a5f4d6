"""The journal of requests finds what a search of all requests, one by one, would find."""

import zlib
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

import stored
from cast import Player, Stage
from dealtrace.accounts.api_request import ApiRequest
from dealtrace.storage.accounts import encoded_requests
from dealtrace.storage.accounts.api_requests import (
    OmittedRequests,
    RefusalCount,
    RequestQuery,
    count_refusals_without_site,
    delete_some_requests,
    find_previous_requests,
    insert_omitted,
    list_requests,
    search_requests,
)
from dealtrace.storage.schema.tables.requests import api_request_batch
from examples import examples
from write_commands import NOON

SECOND, ALL = timedelta(seconds=1), 1_000
MOMENTS = [NOON + SECOND * part for part in (0, 0.2, 0.9, 1, 1.5, 3, 3.000001, 60)]
TEXTS = ["Заявка № 7", "ЗАЯВКА", 'a "quoted" \\ word', "straße", "STRASSE\n", ""]


def requests_of(site_id: int) -> st.SearchStrategy[list[ApiRequest]]:
    """Return requests of a site with unique ids, in any order."""
    fields = st.tuples(
        st.sampled_from(MOMENTS),
        st.sampled_from([None, 1, 2]),
        st.sampled_from(["/orders", "/Orders/register", "/visits"]),
        st.dictionaries(st.sampled_from(["tags", "Subject"]), st.sampled_from(TEXTS)),
        st.sampled_from([(200, None, None), (200, 10003, "сделка не найдена"), (400, 10020, "Straße")]),
    )
    return st.lists(fields, max_size=12).map(
        lambda drawn: [
            ApiRequest(
                site_id, at, f"a-{number}", token_id, "GET", path, sent, status, code, reason, reason,
                timedelta(milliseconds=number),
            )
            for number, (at, token_id, path, sent, (status, code, reason)) in enumerate(drawn)
        ]
    )  # fmt: skip


QUERIES = st.builds(
    RequestQuery,
    since=st.none() | st.sampled_from(MOMENTS),
    until=st.none() | st.sampled_from(MOMENTS),
    is_refused=st.booleans(),
    path=st.sampled_from(["", "ORDERS", "register"]),
    text=st.sampled_from(["", "заявка", "ß", '"QUOTED"', "\\", "\n", "subject", "найдена"]),
    token_id=st.sampled_from([None, 2]),
)


def latest_first(requests: Sequence[ApiRequest]) -> list[ApiRequest]:
    return sorted(requests, key=lambda request: (request.at, request.request_id), reverse=True)


def matches(query: RequestQuery, request: ApiRequest) -> bool:
    """Return whether a request matches a query, as the documents of the journal describe it."""
    texts = [*request.parameters, *request.parameters.values(), request.reason_ru or "", request.reason_en or ""]
    return (
        (query.since is None or query.since <= request.at)
        and (query.until is None or request.at < query.until)
        and (not query.is_refused or request.status >= 400 or request.code is not None)
        and query.path.casefold() in request.path.casefold()
        and any(query.text.casefold() in text.casefold() for text in texts)
        and query.token_id in (None, request.token_id)
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(60))
@given(st.data())
def test_pages_have_what_a_search_of_all_requests_finds(stage: Stage, data: st.DataObject) -> None:
    player, size = stage.open_site(), data.draw(st.integers(1, 4), label="requests on a page")
    batches = data.draw(st.lists(requests_of(player.site.id), max_size=3), label="batches")
    requests = [
        ApiRequest(**{**fields_of(request), "request_id": f"{process}-{request.request_id}"})  # type: ignore[arg-type]
        for process, batch in enumerate(batches)
        for request in batch
    ]
    for process in range(len(batches)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(encoded_requests, "PACKED_FROM", data.draw(st.sampled_from([1, 1_000_000])))
            stored.journal(stage.database, [each for each in requests if each.request_id.startswith(f"{process}-")])
    query = data.draw(QUERIES, label="query")
    expected = latest_first([request for request in requests if matches(query, request)])
    with stage.database.read() as connection:
        assert list_requests(connection, player.site.id, query, ALL) == expected
        assert search_requests(connection, player.site.id, query, ALL, ALL).requests == expected
        for place in range(0, len(expected), size):
            last = expected[place - 1] if place else None
            before = (last.at, last.request_id) if last is not None else None
            page = RequestQuery(**{**fields_of(query), "before": before})  # type: ignore[arg-type]
            assert list_requests(connection, player.site.id, page, size) == expected[place : place + size]
            if before is not None:
                earlier = find_previous_requests(connection, player.site.id, page, size, ALL)
                start = expected[place - size - 1] if place > size else None
                assert earlier == ((start.at, start.request_id) if start is not None else None)


def fields_of(instance: object) -> dict[str, object]:
    """Return the fields of a record by name."""
    return {name: getattr(instance, name) for name in instance.__slots__}  # type: ignore[attr-defined]


def minute_apart(site_id: int, count: int) -> list[ApiRequest]:
    return [
        ApiRequest(
            site_id, NOON + number * 60 * SECOND, f"a-{number:03}", 1, "GET", "/x", {"n": str(number)}, 200, None, None,
            None, SECOND,
        )
        for number in range(count)
    ]  # fmt: skip


def test_a_search_that_is_cut_goes_on_where_it_ended(stage: Stage, shop: Player) -> None:
    requests = minute_apart(shop.site.id, 300)
    stored.journal(stage.database, requests)
    with stage.database.read() as connection:
        cut = search_requests(connection, shop.site.id, RequestQuery(token_id=2), 10, 100)
        assert (cut.requests, cut.searched_to) == ([], requests[200].at)
        rest = RequestQuery(before=(requests[200].at, ""))
        assert list_requests(connection, shop.site.id, rest, ALL) == latest_first(requests[:200])


def test_many_requests_of_a_second_are_stored_in_a_tenth_of_the_space_and_few_as_text(
    stage: Stage, shop: Player
) -> None:
    neighbour, sent = stage.open_site(), {"note": "Перезвонить", "tags": "mytag1,mytag2", "manager": "Коля"}
    requests = [
        ApiRequest(
            player.site.id, NOON + number * timedelta(milliseconds=1), f"a-{number:03}", 1, "GET", "/x",
            {"orderNumber": str(number), **sent}, 200, None, None, None, SECOND,
        )
        for player, count in ((shop, 256), (neighbour, 1))
        for number in range(count)
    ]  # fmt: skip
    stored.journal(stage.database, requests)
    with stage.database.read() as connection:
        many, few = (
            connection.execute(select(api_request_batch).where(api_request_batch.c.site_id == player.site.id)).one()
            for player in (shop, neighbour)
        )
        assert (many.request_count, many.entries) == (256, "[]")
        text = zlib.decompress(many.packed)
        assert len(many.packed) < len(text) / 10
        assert (few.packed, "Перезвонить" in few.entries) == (None, True)
        found = list_requests(connection, shop.site.id, RequestQuery(text="ПЕРЕЗВОНИТЬ"), ALL)
        assert found == latest_first(requests[:256])


def test_old_requests_are_deleted_by_whole_seconds(stage: Stage, shop: Player) -> None:
    requests = minute_apart(shop.site.id, 10)
    stored.journal(stage.database, requests)
    middle = requests[5].at + SECOND / 2
    with stage.database.write() as connection:
        assert delete_some_requests(connection, shop.site.id, middle, 3) == 3
        assert delete_some_requests(connection, shop.site.id, middle, 100) == 2
        assert delete_some_requests(connection, shop.site.id, middle, 100) == 0
        assert list_requests(connection, shop.site.id, RequestQuery(), ALL) == latest_first(requests[5:])


@pytest.mark.parametrize(("searched_max", "count", "is_whole"), [(1_000_000, 2, True), (1, 2, False)])
def test_refusals_without_a_site_are_counted_by_their_code(
    stage: Stage, searched_max: int, count: int, is_whole: bool
) -> None:
    code, later = 90_017 + searched_max, NOON + timedelta(days=300) + searched_max * SECOND
    outcomes = [(429, code), (429, code), (429, code + 1), (200, None)]
    requests = [
        ApiRequest(
            0, at, f"{code}-{number}-{at:%d}", None, "GET", "/x", {"n": str(code)}, status, found, None, None, SECOND
        )
        for at in (later, later - timedelta(days=1))
        for number, (status, found) in enumerate(outcomes)
    ]  # fmt: skip
    stored.journal(stage.database, requests)
    with stage.database.read() as connection:
        assert count_refusals_without_site(connection, code, later, searched_max) == RefusalCount(count, is_whole)
    with stage.database.write() as connection:
        insert_omitted(connection, 0, OmittedRequests(7, later, f"{code}-omitted"))
        counted = count_refusals_without_site(connection, code, later, searched_max)
        assert counted == RefusalCount(count, is_whole=False), "some were not kept"
