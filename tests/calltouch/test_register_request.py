"""`requests/{siteId}/register`: from the browser of anybody to the journal, over HTTP to a real server."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cast import MOSCOW, Player, Stage, moscow
from dealtrace.attribution.traffic_source import DIRECT, TrafficSource
from dealtrace.calltouch.parameters import REQUEST_REGISTER
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.schema.tables.site_data import unknown_parameter
from engines import on_one_engine
from examples import examples
from server import REST, ServerProcess
from stored import points_of, rows_of
from waiting import wait_until

KEYS = [
    "date", "comments", "requestType", "dateStr", "manager", "session", "subject", "uniqTargetRequest",
    "uniqueRequest", "yandexDirect", "googleAdWords", "requestNumber", "requestId", "client", "siteId", "orders",
    "targetRequest", "status", "order", "mapVisits", "requestUrl", "ctClientId", "dcm", "ctGlobalId", "widgetInfo",
    "RequestTags",
]  # fmt: skip
SESSION_KEYS = [
    "sessionId", "keywords", "city", "ip", "source", "medium", "ref", "url", "utmSource", "utmMedium", "utmTerm",
    "utmContent", "utmCampaign", "guaClientId", "sessionDate", "attrs", "attribution", "yaClientId",
    "additionalTags", "ctGlobalId", "browser",
]  # fmt: skip
PHONE = "79205550055"
WHEN = {"requestDate": "26.03.2018 10:00:00"}


def path_of(player: Player) -> str:
    return f"{REST}/requests/{player.site.id}/register/"


def leave(server: ServerProcess, player: Player, **sent: Any) -> httpx.Response:
    return server.http.get(path_of(player), params={"phoneNumber": PHONE, **sent})


def violations_of(refused: httpx.Response) -> list[str]:
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "10007"), refused.text
    return [violation["field"] for violation in refused.json()["data"]["validationErrorData"]["violations"]]


def test_it_answers_with_every_key_of_the_journal(server: ServerProcess, owner: Player) -> None:
    answer = leave(
        server, owner, subject="Обратный звонок", requestNumber="R-1", fio="Иван", email="I@example.ru",
        requestUrl="https://shop.example/?a=b", comment="перезвоните", tags="опт, срочно", **WHEN,
    )  # fmt: skip
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    result = answer.json()
    assert list(result) == KEYS
    lead_id = result["requestId"]
    assert result == {
        **dict.fromkeys(KEYS),
        **dict.fromkeys(("uniqTargetRequest", "uniqueRequest", "targetRequest"), False),
        "date": 1522047600000,
        "dateStr": "26/03/2018 10:00:00",
        "subject": "Обратный звонок",
        "requestNumber": "R-1",
        "requestId": lead_id,
        "comments": [
            {"commentId": lead_id, "requestId": lead_id, "comment": "перезвоните", "partyId": None, "partyName": None}
        ],
        "client": {
            "clientId": None,
            "fio": "Иван",
            "phones": [{"phoneNumber": PHONE, "phoneType": "OTHER"}],
            "contacts": [{"contactType": "EMAIL", "contactValue": "I@example.ru"}],
        },
        "siteId": owner.site.id,
        "orders": [],
        "status": "NOT_SET",
        "requestUrl": "https://shop.example/?a=b",
    }


def test_it_keeps_everything_that_was_sent(server: ServerProcess, served: Stage, owner: Player) -> None:
    leave(server, owner, subject="s", comment="c", tags="a,b", requestUrl="u", fio="Иван", email="e@example.ru")
    stored = rows_of(served.database, owner)
    (row,) = stored["lead_request"]
    assert {PHONE, "e@example.ru", "s", "c", "u"} <= {item for item in row if isinstance(item, str)}
    assert ["a", "b"] in row
    assert [name for _, _, name, _ in stored["client"]] == ["Иван"]
    assert {contact for _, contact, *_ in stored["lead_contact"]} == {PHONE, "e@example.ru"}


def test_without_a_number_and_a_date_it_takes_its_id_and_now(server: ServerProcess, owner: Player) -> None:
    result = leave(server, owner).json()
    assert result["requestNumber"] == str(result["requestId"])
    made = datetime.strptime(result["dateStr"], "%d/%m/%Y %H:%M:%S").replace(tzinfo=MOSCOW)
    assert abs(datetime.now(UTC) - made) < timedelta(seconds=30)
    assert (result["session"], result["comments"], result["requestUrl"], result["subject"]) == (None, [], None, "")


def test_the_clock_is_the_sites(server: ServerProcess, stranger: Player) -> None:
    assert leave(server, stranger, **WHEN).json()["date"] == 1522022400000


@pytest.mark.parametrize("slashes", ["", "/", "//"])
@pytest.mark.parametrize("how", ["query", "form", "multipart"])
def test_it_takes_what_browsers_send(server: ServerProcess, owner: Player, how: str, slashes: str) -> None:
    path, sent = path_of(owner).rstrip("/") + slashes, {"fio": "Иван Ёлкин", "node": "7", "id": "x"}
    answer = {
        "query": lambda: server.http.get(path, params=sent),
        "form": lambda: server.http.post(path, data=sent),
        "multipart": lambda: server.http.post(path, files={name: (None, text) for name, text in sent.items()}),
    }[how]()
    assert answer.status_code == 200, answer.text
    assert answer.json()["client"]["fio"] == "Иван Ёлкин"


def test_it_asks_for_no_token_and_costs_no_points(server: ServerProcess, served: Stage) -> None:
    broke = served.open_site(points_per_day=1)
    server.register(broke.token)
    spent = points_of(served.database, broke)
    assert leave(server, broke, clientApiId="wrong").status_code == 200
    assert points_of(served.database, broke) == spent


@pytest.mark.parametrize("site_id", ["0", "999999999", "abc", "-1", "9" * 40, "01", "1.0", "%D0%90"])
def test_a_site_that_is_not_there_is_404(server: ServerProcess, site_id: str) -> None:
    refused = server.http.get(f"{REST}/requests/{site_id}/register/", params={"fio": "x"})
    assert (refused.status_code, refused.json()["errorCode"]) == (404, "10051")


@pytest.mark.parametrize("sent", [{}, {"fio": " "}, {"phoneNumber": "", "email": "", "fio": ""}, {"comment": "c"}])
def test_it_wants_to_know_who(server: ServerProcess, served: Stage, sent: dict[str, str]) -> None:
    player = served.open_site()
    refused = server.http.get(path_of(player), params=sent)
    assert violations_of(refused) == ["phoneNumber"]
    assert all(name in refused.json()["message"] for name in ("fio", "phoneNumber", "email"))
    assert "lead_request" not in rows_of(served.database, player)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("subject", "я" * 257),
        ("requestNumber", "я" * 257),
        ("fio", "я" * 257),
        ("phoneNumber", "7" * 65),
        ("email", "x" * 321),
        ("requestUrl", "x" * 4097),
        ("comment", "x" * 10_001),
        ("tags", "x" * 257),
        ("requestDate", "2018-03-26 10:00:00"),
        ("requestDate", "26.03.2018"),
        *((name, "a\0b") for name in ("subject", "fio", "comment", "sessionId", "requestUrl")),
    ],
)
def test_a_faulty_parameter_is_named(server: ServerProcess, owner: Player, name: str, text: str) -> None:
    assert violations_of(server.http.post(path_of(owner), data={"fio": "x", name: text})) == [name]


class TestSession:
    """The visit a lead request came about in tells its source."""

    @pytest.mark.parametrize(
        "text", ["", "0", "null", "undefined", "NaN", "-1", "abc", "1.5", " ", "9" * 30, "00", "٣", "123456789012345"]
    )
    def test_what_is_no_session_is_none(self, server: ServerProcess, owner: Player, text: str) -> None:
        answer = leave(server, owner, sessionId=text)
        assert (answer.status_code, answer.json()["session"]) == (200, None)

    def test_it_gives_the_source_and_nothing_a_stranger_should_know(
        self, server: ServerProcess, served: Stage, owner: Player
    ) -> None:
        tags = TrafficSource("yandex", "cpc", "весна", "", "слон")
        visit = served.visit(
            owner, moscow("2018-03-26", "09:00:00"), tags, utm=tags, ip="203.0.113.7", city="Тверь",
            user_agent="Secret/1", landing_url="https://x/secret", referrer="https://y/secret",
            google_client_id="G", yandex_client_id="Y", attrs={"a": "b"},
        )  # fmt: skip
        answer = leave(server, owner, sessionId=visit.id, **WHEN)
        session = answer.json()["session"]
        assert list(session) == SESSION_KEYS
        assert (session["sessionId"], session["sessionDate"]) == (visit.id, "26/03/2018 09:00:00")
        assert [session[key] for key in ("source", "medium", "keywords", "utmCampaign", "utmContent")] == [
            "yandex", "cpc", "слон", "весна", "<не указано>",
        ]  # fmt: skip
        assert not [word for word in ("203.0.113.7", "Тверь", "Secret", "secret", '"G"', '"Y"') if word in answer.text]

    def test_the_deal_of_the_lead_request_has_it(self, server: ServerProcess, served: Stage, owner: Player) -> None:
        visit = served.visit(owner, moscow("2018-03-26", "09:00:00"), TrafficSource("yandex", "cpc"), city="Тверь")
        leave(server, owner, requestNumber="R", sessionId=visit.id, **WHEN)
        server.register(owner.token, orderNumber="n", requestNumber="R")
        result = server.update(owner.token, orderNumber="n").json()
        assert (result["session"]["source"], result["session"]["city"]) == ("yandex", "Тверь")

    def test_every_answer_states_the_named_visit_though_the_visitor_came_back_since(
        self, server: ServerProcess, served: Stage, owner: Player
    ) -> None:
        advert = TrafficSource("yandex", "cpc", "весна", "", "слон")
        served.visit(owner, moscow("2018-03-20", "09:00:00"), advert, visitor="b15", utm=advert, ip="203.0.113.1")
        named = served.visit(
            owner, moscow("2018-03-26", "09:00:00"), DIRECT, visitor="b15", ip="203.0.113.2", city="Тверь",
            google_client_id="G2", landing_url="https://x/named",
        )  # fmt: skip
        served.visit(owner, moscow("2018-03-26", "09:30:00"), TrafficSource("vk"), visitor="b15", ip="203.0.113.3")
        answer = leave(server, owner, requestNumber="B15", sessionId=named.id, **WHEN).json()["session"]
        assert (answer["sessionId"], answer["source"], answer["sessionDate"]) == (
            named.id, "yandex", "26/03/2018 09:00:00",
        )  # fmt: skip
        server.register(owner.token, orderNumber="B15", requestNumber="B15", orderDate="26.03.2018 11:00:00")
        session = server.update(owner.token, orderNumber="B15").json()["session"]
        (record,) = [row for row in server.lead_requests(owner.token).json() if row["requestNumber"] == "B15"]
        for result in (session, record["session"]):
            assert [result[key] for key in ("sessionId", "ip", "city", "url", "guaClientId", "browser")] == [
                named.id, "203.0.113.2", "Тверь", "https://x/named", "G2", "",
            ]  # fmt: skip
            assert [result[key] for key in ("source", "medium", "keywords", "utmCampaign")] == [
                "yandex", "cpc", "слон", "весна",
            ]  # fmt: skip

    def test_an_id_that_can_be_guessed_takes_no_visit(self, server: ServerProcess, owner: Player) -> None:
        assert leave(server, owner, sessionId=10**10 + 5, **WHEN).json()["session"] is None

    def test_a_neighbours_is_none(self, server: ServerProcess, served: Stage, owner: Player, stranger: Player) -> None:
        visit = served.visit(stranger, moscow("2018-03-26", "09:00:00"), TrafficSource("yandex", "cpc"))
        assert leave(server, owner, sessionId=visit.id, **WHEN).json()["session"] is None


def test_it_states_nothing_of_a_person_who_is_known(server: ServerProcess, served: Stage, owner: Player) -> None:
    served.lead_request(owner, moscow("2018-03-26"), phone=PHONE, email="known@example.ru", client_name="Известный")
    server.register(owner.token, phoneNumber=PHONE)
    known, unknown = leave(server, owner, **WHEN), leave(server, owner, phoneNumber="79991112233", **WHEN)
    assert "known@example.ru" not in known.text
    assert "Известный" not in known.text
    result = [
        {**answer.json(), "requestId": 0, "requestNumber": "", "client": answer.json()["client"]["clientId"]}
        for answer in (known, unknown)
    ]
    assert result[0] == result[1]


class TestRetry:
    """A number is used once; the same content again is a safe retry."""

    def test_the_same_again_gets_the_same_answer(self, server: ServerProcess, served: Stage, owner: Player) -> None:
        sent = {"requestNumber": "R", "subject": "s", "comment": "c", "sessionId": "undefined", "tags": "a"}
        first = leave(server, owner, **sent)
        stored = rows_of(served.database, owner)
        second = int(time.time())
        wait_until(lambda: int(time.time()) > second)
        again = server.http.post(path_of(owner), data={"phoneNumber": PHONE, **sent, "unknown": "1"})
        assert (again.status_code, again.json()) == (200, first.json()), "the date as well"
        assert rows_of(served.database, owner, without=(unknown_parameter,)) == stored

    def test_with_other_content_it_is_refused(self, server: ServerProcess, owner: Player) -> None:
        first = leave(server, owner, requestNumber="R").json()
        refused = leave(server, owner, requestNumber="R", comment="другое")
        assert (refused.status_code, refused.json()["errorCode"]) == (400, "10047")
        assert str(first["requestId"]) in refused.json()["message"]

    def test_sites_do_not_share_numbers(self, server: ServerProcess, owner: Player, stranger: Player) -> None:
        ours, theirs = (leave(server, player, requestNumber="R") for player in (owner, stranger))
        assert ours.json()["requestId"] != theirs.json()["requestId"]


def test_json_in_another_encoding_names_the_parameter(server: ServerProcess, owner: Player) -> None:
    body = f'{{"fio": "Иван", "phoneNumber": "{PHONE}"}}'.encode("windows-1251")
    refused = server.http.post(path_of(owner), content=body, headers={"content-type": "application/json"})
    assert violations_of(refused) == ["fio"]


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain;charset=UTF-8"])
def test_json_with_a_name_in_another_encoding_is_refused_with_the_cure(
    server: ServerProcess, owner: Player, kind: str
) -> None:
    body = f'{{"фио": "Иван", "phoneNumber": "{PHONE}"}}'.encode("windows-1251")
    refused = server.http.post(path_of(owner), content=body, headers={"content-type": kind, "accept-language": "en"})
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "10008")
    assert "the JSON is not in UTF-8" in refused.json()["message"]


class TestBrowsers:
    """Pages of any site may send forms and read the answers; nothing else is theirs to read."""

    def test_a_preflight_is_answered(self, server: ServerProcess, owner: Player) -> None:
        sent = {
            "origin": "https://shop.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type,x-requested-with",
        }
        answer = server.http.options(path_of(owner), headers=sent)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["access-control-allow-methods"] == "GET, POST"
        assert answer.headers["access-control-allow-headers"] == "content-type,x-requested-with"
        assert int(answer.headers["access-control-max-age"]) > 0

    def test_answers_and_refusals_may_be_read(self, server: ServerProcess, owner: Player) -> None:
        for answer in (
            leave(server, owner),
            leave(server, owner, phoneNumber=""),
            server.http.put(path_of(owner)),
            server.http.get(f"{REST}/requests/0/register/"),
            server.http.post(path_of(owner), content=b"{}", headers={"content-type": "application/json"}),
        ):
            assert answer.headers["access-control-allow-origin"] == "*"

    def test_no_other_address_may_be_read(self, server: ServerProcess, owner: Player) -> None:
        for answer in (
            server.register(owner.token),
            server.http.options(f"{REST}/orders/register/"),
            server.journal(owner.token, owner.site.id),
            server.http.get("/nowhere"),
        ):
            assert "access-control-allow-origin" not in answer.headers
            assert answer.status_code != 200 or answer.request.method != "OPTIONS"


class TestLimits:
    """A limit of its own for an address, and one for a site."""

    @on_one_engine
    def test_an_address_has_its_minute(self, start_server: Callable[..., ServerProcess]) -> None:
        server = start_server(form_rate_per_minute=3, rate_per_second=1)
        database = open_database(server.database_url)
        player, neighbour = Stage(database).open_site(), Stage(database).open_site()
        answers = [leave(server, player) for _ in range(3)] + [leave(server, neighbour), leave(server, player)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        refused = answers[-1]
        assert (refused.json()["errorCode"], refused.headers["retry-after"]) == ("10034", "60")
        assert refused.headers["access-control-allow-origin"] == "*"
        assert server.register(player.token).status_code == 200, "deals are counted by themselves"
        assert len(rows_of(database, player)["lead_request"]) == 3
        database.close()

    @on_one_engine
    def test_a_site_has_its_minute(self, start_server: Callable[..., ServerProcess]) -> None:
        server = start_server(form_site_rate_per_minute=3, trusted_proxies="127.0.0.1")
        database = open_database(server.database_url)
        player, neighbour = Stage(database).open_site(), Stage(database).open_site()
        sent = [
            server.http.get(
                path_of(player), params={"fio": "x"}, headers={"x-forwarded-for": f"203.0.113.{number}"}
            ).status_code
            for number in range(5)
        ]
        assert Counter(sent) == {200: 3, 429: 2}
        assert leave(server, neighbour).status_code == 200
        database.close()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAMES = st.sampled_from([item.name for item in REQUEST_REGISTER])


@settings(max_examples=examples(80), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.dictionaries(NAMES, TEXTS | st.integers().map(str), max_size=8))
def test_whatever_is_sent_is_answered(server: ServerProcess, owner: Player, sent: dict[str, str]) -> None:
    answer = server.http.post(path_of(owner), data=sent)
    assert answer.status_code in (200, 400), answer.text
    answer.json()
    assert "request_broke" not in server.logged
