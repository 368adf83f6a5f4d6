"""The application around the API: health, figures, descriptions, failures."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from absent import leave_out
from cast import Player, Stage
from dealtrace.app import ENDPOINTS
from dealtrace.http.asgi_app import PROBES
from dealtrace.http.endpoint import ListBody
from dealtrace.storage.database.engine import open_database
from postgresql import PostgresqlServer, find_programs
from server import REGISTER, ServerProcess, deal_parameters
from waiting import wait_until


def test_it_is_alive_and_ready(server: ServerProcess) -> None:
    for path in ("/healthz", "/readyz"):
        answer = server.http.get(path)
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_every_answer_names_its_request(server: ServerProcess, owner: Player) -> None:
    answers = [
        server.http.get("/healthz"),
        server.http.get("/docs"),
        server.http.get("/metrics"),
        server.http.get("/cabinet/"),
        server.http.get("/nowhere"),
        server.http.get("/cabinet/nowhere"),
        server.http.post("/healthz"),
        server.register(owner.token, orderNumber="named"),
        server.register("wrong token, far too wrong"),
        server.http.put(REGISTER),
    ]
    names = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(names)) == len(answers)
    names = [answer.headers["x-request-id"] for answer in answers if answer.request.url.path not in PROBES]
    wait_until(lambda: all(f'"request_id":"{name}"' in server.logged for name in names))


def test_the_root_leads_a_browser_to_the_cabinet_and_answers_programs_that_it_is_no_path(server: ServerProcess) -> None:
    for accepted in ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json, TEXT/HTML;q=0.1"):
        for method in ("GET", "HEAD"):
            answer = server.http.request(method, "/", headers={"accept": accepted})
            assert (answer.status_code, answer.headers["location"]) == (302, "/cabinet/")
            assert "accept" in answer.headers["vary"].lower()
    for accepted in ("*/*", "application/json", "text/html-sandboxed", "text/html;q=0", ""):
        answer = server.http.get("/", headers={"accept": accepted, "accept-language": "en"})
        assert (answer.status_code, answer.json()["message"]) == (404, "Path not found: /. Use: /docs, /cabinet/")
    assert server.http.post("/", headers={"accept": "text/html"}).status_code == 404


def test_pages_are_compressed_for_those_who_read_it_and_answers_of_the_api_are_not(
    server: ServerProcess, owner: Player
) -> None:
    def encoding_of(path: str, accepted: str = "gzip, deflate, br", **asked: str) -> str | None:
        answer = server.http.get(path, params=asked, headers={"accept-encoding": accepted, "accept": "*/*"})
        assert answer.status_code == 200, path
        return answer.headers.get("content-encoding")

    assert {encoding_of(path) for path in ("/docs", "/cabinet/login", "/metrics", "/openapi.json")} == {"gzip"}
    assert {encoding_of(path, "identity") for path in ("/docs", "/cabinet/login")} == {None}
    assert encoding_of("/healthz") is None, "too short"
    assert encoding_of(REGISTER, **deal_parameters(owner.token, orderNumber="compressed")) is None


@pytest.mark.parametrize("path", ["/", "/nowhere", "/cabinet/nowhere", "/calls-service/RestAPI/", "/healthz/", "//"])
def test_an_unknown_path_gets_the_one_error_body(server: ServerProcess, path: str) -> None:
    answer = server.http.get(path, headers={"accept-language": "en"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    body = answer.json()
    assert list(body) == ["errorCode", "message", "data"]
    assert body["errorCode"] == "10010"
    assert body["message"].startswith("Path not found: /")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("/lead-service/v1/api/request/import", "/lead-service/v1/api/request/create"),
        ("/lead-service/v1/api/request/import/", "/lead-service/v1/api/request/create"),
        ("/calls-service/RestAPI/17/register-lead-dict", "/calls-service/RestAPI/requests/17/register"),
    ],
)
def test_a_path_that_clients_are_known_to_mistake_is_answered_with_the_right_one(
    server: ServerProcess, wrong: str, right: str
) -> None:
    for language, words in (("en", "Use"), ("ru", "Используйте")):
        answer = server.http.post(wrong, headers={"accept-language": language}, json=[])
        assert (answer.status_code, answer.json()["errorCode"]) == (404, "10010")
        assert answer.json()["message"].endswith(f": {wrong}. {words}: {right}")
    right_one = server.http.post(right, json=[])
    assert right_one.status_code != 404 or right_one.json()["errorCode"] != "10010"


def test_it_counts_answers_by_route_and_status(server: ServerProcess, owner: Player) -> None:
    def counted(status: int) -> float:
        route = "/calls-service/RestAPI/orders/register"
        pattern = rf'^dealtrace_requests_total\{{route="{route}",status="{status}"\}} (\S+)$'
        found = re.search(pattern, server.http.get("/metrics").text, re.MULTILINE)
        return float(found[1]) if found else 0

    before = {status: counted(status) for status in (200, 400, 403)}
    server.register(owner.token, orderNumber="counted")
    server.register(owner.token, orderNumber="counted", orderSum="5")
    server.register("nobody's token")
    counted_once = {200: 1, 400: 1, 403: 1}  # an answer is counted once it is sent
    wait_until(lambda: {status: counted(status) - before[status] for status in before} == counted_once)
    figures = server.http.get("/metrics")
    assert figures.headers["content-type"].startswith("text/plain")
    for name in ("dealtrace_commit_wishes_bucket", "dealtrace_commit_seconds_sum", "dealtrace_scribe_waiting"):
        assert name in figures.text
    assert owner.token not in figures.text


def test_openapi_describes_every_endpoint_and_parameter(server: ServerProcess) -> None:
    answer = server.http.get("/openapi.json")
    result = answer.json()
    assert answer.headers["content-type"].startswith("application/json")
    assert re.fullmatch(r"3\.1\.\d", result["openapi"])
    assert result["info"]["title"]
    assert result["info"]["version"]
    assert set(result["paths"]) == {endpoint.shown_path for endpoint in ENDPOINTS}
    for endpoint in ENDPOINTS:
        item = result["paths"][endpoint.shown_path]
        assert set(item) == {method.lower() for method in endpoint.methods}
        expected = {item.name for item in endpoint.table.described()}
        for operation in item.values():
            check_operation(operation, endpoint.shown_path)
        if endpoint.batch is not None:
            check_list(item["post"], endpoint.batch)
            continue
        if "get" in item:
            assert {
                parameter["name"] for parameter in item["get"]["parameters"] if parameter["in"] == "query"
            } == expected
        if "post" in item:
            for content in item["post"]["requestBody"]["content"].values():
                assert expected == set(content["schema"]["properties"])
    names = [operation["operationId"] for item in result["paths"].values() for operation in item.values()]
    assert len(set(names)) == len(names)
    for reference in references(result):
        assert reference.startswith("#/components/schemas/")
        assert reference.rpartition("/")[2] in result["components"]["schemas"]


def check_list(operation: dict[str, Any], batch: ListBody) -> None:
    """Hold a body of JSON against what is said of it: headers open it, every name stands where JSON has it."""
    assert [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"] == [
        "Access-Token",
        "SiteId",
    ]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    name = getattr(batch, "name", "")  # a body that is one object has no list of items
    listed = schema["properties"].get(name, {})
    beside = set(schema["properties"]) - {name}
    if name:
        assert (listed["minItems"], listed["maxItems"]) == (1, 100)
        schema = listed["items"]
    said = beside | set(schema["properties"])
    said |= {f"{name}.{part}" for name, item in schema["properties"].items() for part in item.get("properties", ())}
    assert {item.name for item in batch.described()} <= said


def check_operation(operation: dict[str, Any], path: str) -> None:
    """Hold an operation against what OpenAPI 3.1 demands of it."""
    parameters = operation["parameters"]
    assert {parameter["name"] for parameter in parameters if parameter["in"] == "path"} == set(
        re.findall(r"\{(\w+)\}", path)
    )
    assert len({(parameter["name"], parameter["in"]) for parameter in parameters}) == len(parameters)
    for parameter in parameters:
        assert parameter["in"] in ("path", "query", "header")
        assert parameter["required"] or parameter["in"] != "path"
        assert parameter["schema"]["type"] in ("string", "integer", "number", "boolean", "object", "array")
    assert {"400", "405", "429", "500", "503"} <= set(operation["responses"])
    assert len({"200", "302"} & set(operation["responses"])) == 1
    assert all(response["description"] for response in operation["responses"].values())


def references(described: Any) -> Iterator[str]:
    """List every `$ref` of a description."""
    if isinstance(described, dict):
        for key, value in described.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(described, list):
        for value in described:
            yield from references(value)


BREAKS_TAGS = {
    "sqlite": ["CREATE TRIGGER broken BEFORE INSERT ON deal_tag BEGIN SELECT unknown_function(); END"],
    "postgresql": [
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM unknown_function(); END'",
        "CREATE TRIGGER broken BEFORE INSERT ON deal_tag FOR EACH ROW EXECUTE FUNCTION broken()",
    ],
}
"""Statements after which storing a tag breaks, though no part of the schema is missing."""


def test_what_breaks_is_stated_with_a_number_that_finds_its_cause_in_the_log(start_server: Callable[..., Any]) -> None:
    server: ServerProcess = start_server()
    database = open_database(server.database_url)
    player = Stage(database).open_site()
    assert server.register(player.token, orderNumber="before").status_code == 200
    with database.write() as connection:
        for statement in BREAKS_TAGS["sqlite" if database.is_sqlite else "postgresql"]:
            connection.exec_driver_sql(statement)
    sent = {"phoneNumber": "79161234567", "email": "secret@example.org", "manager": "Тайный Менеджер", "tags": "a"}
    answer = server.register(player.token, orderNumber="during", **sent)
    assert answer.status_code == 500
    name = answer.headers["x-request-id"]
    body = answer.json()
    assert body["errorCode"] == "500"
    assert body["data"]["apiErrorData"]["errorCode"] == 500
    assert name in body["message"]
    (cause,) = [line for line in server.logged.splitlines() if name in line and "request_broke" in line]
    assert "unknown_function" in cause
    assert "operations/deals/register.py" in cause
    for secret in (player.token, *list(sent.values())[:3]):
        assert secret not in server.logged
    assert server.journal(player.token, player.site.id, orderNumber="before").status_code == 200
    assert server.http.get("/healthz").status_code == 200

    with database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER broken" + ("" if database.is_sqlite else " ON deal_tag"))
    assert server.register(player.token, orderNumber="during", **sent).status_code == 200
    assert server.journal(player.token, player.site.id).json()["recordsTotal"] == 2
    database.close()


def test_a_schema_of_another_release_is_not_ready(start_server: Callable[..., Any]) -> None:
    server: ServerProcess = start_server()
    database = open_database(server.database_url)
    with database.write() as connection:
        connection.execute(text("UPDATE schema_version SET version_num = '0000'"))
    database.close()
    wait_until(lambda: server.http.get("/readyz").status_code == 503)
    assert server.http.get("/readyz").json()["parts"] == {"write": "ok", "schema": "outdated"}


def test_a_database_that_goes_away_is_503_and_nothing_worse_until_it_is_back(tmp_path: Path) -> None:
    programs = find_programs()
    if programs is None:
        leave_out("PostgreSQL", "postgresql")
    postgresql = PostgresqlServer(programs, settings=())
    server = ServerProcess(postgresql.create("own"), tmp_path, is_fork=True, storage_patience_seconds=1)
    try:
        stage = Stage(open_database(server.database_url))
        player = stage.open_site()
        stage.database.close()
        assert server.register(player.token, orderNumber="before").status_code == 200
        postgresql.kill()
        wait_until(lambda: server.http.get("/readyz").status_code == 503)
        assert server.http.get("/readyz").json()["parts"]["write"] == "unreachable"
        assert server.http.get("/healthz").status_code == 200
        answers = [server.register(player.token, orderNumber="during"), server.journal(player.token, player.site.id)]
        for answer in answers:
            assert answer.status_code == 503
            assert answer.json()["errorCode"] == "10033"
            assert int(answer.headers["retry-after"]) > 0
        postgresql.start()
        wait_until(lambda: server.http.get("/readyz").status_code == httpx.codes.OK)
        assert server.register(player.token, orderNumber="during").status_code == 200
        assert server.journal(player.token, player.site.id).json()["recordsTotal"] == 2
    finally:
        server.close()
        postgresql.remove()
