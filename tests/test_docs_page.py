"""`/docs` and `/openapi.json`: requests that work as copied, answers as described, and only errors that can come."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from absent import leave_out
from cast import Stage
from dealtrace.accounts.rights import Role
from dealtrace.app import ENDPOINTS, describe
from dealtrace.cabinet.docs.guides import GUIDES
from dealtrace.cabinet.rendering import POLICY
from dealtrace.errors import LANGUAGES, Language
from dealtrace.http.openapi.described_method import describe_method
from dealtrace.http.openapi.description import error_catalogue
from dealtrace.http.openapi.possible_refusals import example_of, refusals_of
from dealtrace.http.openapi.samples import SAMPLE_ORIGIN, curl
from dealtrace.http.rate_limits import RateLimits, RequestRates
from dealtrace.leads.call import Circumstances
from dealtrace.settings import Settings
from dealtrace.storage.accounts.installation import set_factor_demanded
from dealtrace.storage.database.engine import open_database
from guests import Guest, member_of
from server import UNKEPT, ServerProcess, http_client

NOT_THERE = {"download": {404}, "request": {404}, "explanation": {200, 404}, "customfield-delete": {200, 400}}
"""Requests about something that a new installation may not have, with the statuses of their answers."""
DESCRIPTION = describe()


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in DESCRIPTION["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


@pytest.fixture(scope="module")
def docs_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a new server on a file, as its first user finds it, for all tests of the module."""
    folder = tmp_path_factory.mktemp("docs")
    process = ServerProcess(f"sqlite:///{folder}/dealtrace.db", folder, is_fork=True, trusted_proxies="127.0.0.1")
    yield process
    process.close()


def read(server: ServerProcess, path: str, language: str = "en") -> str:
    """Return a page as it is served, without a login."""
    answer = server.http.get(path, headers={"accept-language": language})
    assert answer.status_code == 200, path
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


def run_as_copied(server: ServerProcess, command: str) -> tuple[int, str]:
    """Run a command of a page with the token of the server, and return the HTTP status and the body."""
    if shutil.which("curl") is None:
        leave_out("curl", "curl")
    token = re.findall(r"shown only once: (\S+)", server.printed)[0]
    words = shlex.split(command.replace("\\\n", " ").replace("TOKEN", token))
    done = subprocess.run(
        [*words, "-s", "-w", "\n%{http_code}"],
        cwd=server.folder, capture_output=True, text=True, errors="replace", check=True,
    )  # fmt: skip
    body, _, status = done.stdout.rpartition("\n")
    assert "\0" not in body, "curl does not print binary files on a terminal"
    return int(status), body


def test_every_request_works_as_it_is_copied(docs_server: ServerProcess) -> None:
    last = ("customfield-delete", "delete-by-id")
    names = [endpoint.shown_name for endpoint in ENDPOINTS]
    for name in sorted(names, key=lambda name: last.index(name) if name in last else -1):
        page = read(docs_server, f"/docs/methods/{name}")
        (request,) = re.findall(r'<pre class="request"[^>]*>(.*?)</pre>', page, re.DOTALL)
        status, body = run_as_copied(docs_server, unescape(request))
        assert status in NOT_THERE.get(name, {200}), (name, body)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("guide", GUIDES)
def test_every_command_of_a_guide_works_as_it_is_copied(docs_server: ServerProcess, guide: str, language: str) -> None:
    page = read(docs_server, f"/docs/guides/{guide}", language)
    commands = [unescape(each) for each in re.findall(r'<code class="language-sh">(.*?)</code>', page, re.DOTALL)]
    assert commands
    for command in commands:
        status, body = run_as_copied(docs_server, command)
        assert status == 200, (command, body)
        assert not re.search(r'"errorCode": ?"?[0-9]', body), (command, body)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_method_stands_there_with_its_parameters_errors_and_limit(
    docs_server: ServerProcess, language: Language
) -> None:
    contents = read(docs_server, "/docs", language)
    assert contents.count('href="/docs/methods/') == len(ENDPOINTS)
    for endpoint in ENDPOINTS:
        assert f"<code>{endpoint.shown_path}</code>" in contents
        page = unescape(read(docs_server, f"/docs/methods/{endpoint.shown_name}", language))
        assert not re.findall(r"\{(ru|en|[a-z]+_[a-z_]+)\}", page)
        assert curl(endpoint).replace(SAMPLE_ORIGIN, docs_server.url) in page
        method = describe_method(endpoint, limits_with(7), language)
        assert f">{method.answer}</pre>" in page
        for name, kind in method.fields:
            assert f"<code>{name}</code></th><td><code>{kind}</code></td>" in page
        limit = method.limit
        assert set(re.findall(r"\(DEALTRACE_\w+\)", limit)) <= set(re.findall(r"\(DEALTRACE_\w+\)", page))
        for parameter in endpoint.described():
            assert f"<code>{parameter.name}</code>" in page
        for _, refusal in refusals_of(endpoint):
            assert example_of(refusal, endpoint).text(language) in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_stands_in_the_catalogue_with_its_message(docs_server: ServerProcess, language: Language) -> None:
    page = unescape(read(docs_server, "/docs/errors", language))
    for status, refusal in error_catalogue():
        (section,) = re.findall(rf'<section class="card" id="e{refusal.code}">.*?</section>', page, re.DOTALL)
        assert f"{refusal.__name__}, HTTP {status}" in section
        assert re.sub(r"\{\w+\}", "…", refusal.ru if language == "ru" else refusal.en) in section
        assert ("почти все" if language == "ru" else "nearly all") in section or not any(
            refusal in {found for _, found in refusals_of(endpoint)} and endpoint.shown_name not in section
            for endpoint in ENDPOINTS
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_link_is_dead(docs_server: ServerProcess, language: str) -> None:
    waiting, read_pages = ["/docs"], dict[str, str]()
    anchors: set[tuple[str, str]] = set()
    while waiting:
        path = waiting.pop()
        read_pages[path] = read(docs_server, path, language)
        for link in re.findall(r'(?:href|src)="([^"]+)"', read_pages[path]):
            target, _, anchor = unescape(link).partition("#")
            anchors |= {(target or path, anchor)} if anchor else set()
            if target.startswith("/docs") and target not in (*read_pages, *waiting):
                waiting.append(target)
            elif target and not target.startswith("/docs"):
                assert docs_server.http.get(target).status_code in (200, 303), (path, link)
    assert len(read_pages) == 2 + len(GUIDES) + len(ENDPOINTS)
    for path, anchor in anchors:
        assert f'id="{anchor}"' in read_pages[path], (path, anchor)


def test_a_language_is_chosen_there_and_kept(docs_server: ServerProcess) -> None:
    page = read(docs_server, "/docs/errors", "en-GB,en")
    assert '<html lang="en">' in page
    with http_client(docs_server.url, limits=UNKEPT) as reader:
        for back in ("/docs", "/docs?site=7", "/docs/errors?site=7", "/docs/errors"):
            chosen = {"language": "ru", "back": back}
            answer = reader.post("/cabinet/language", data=chosen, headers={"sec-fetch-site": "same-origin"})
            assert answer.headers["location"] == back
        for path in ("/docs/errors", "/cabinet/login"):
            assert '<html lang="ru">' in reader.get(path, headers={"accept-language": "en"}).text


@pytest.fixture(scope="module")
def docs_stage(docs_server: ServerProcess) -> Iterator[Stage]:
    database = open_database(docs_server.database_url)
    yield Stage(database)
    database.close()


PATHS = ("/docs", "/docs/errors", "/docs/methods/register", "/docs/guides/crm", "/docs/guides/none")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", list(Role))
def test_who_is_logged_in_keeps_the_header_and_the_site(
    docs_server: ServerProcess, docs_stage: Stage, path: str, role: Role
) -> None:
    site = docs_stage.open_site(name="Shop of the header").site
    guest = member_of(docs_server, docs_stage, site.id, role)
    shown = guest.get("").text
    header = shown[shown.index("<header") : shown.index("</header>")]
    assert f"/docs?site={site.id}" in header
    links = [link.partition("?")[0] for link in re.findall(r'href="(/[^"]+)"', header)]
    page = guest.http.get(path, params={"site": str(site.id)})
    assert page.headers["cache-control"] == "no-store"
    assert "Cookie" in page.headers["vary"]
    seen = page.text[page.text.index("<header") : page.text.index("</header>")]
    assert [link.partition("?")[0] for link in re.findall(r'href="(/[^"]+)"', seen)] == links
    assert "Shop of the header" in seen
    assert re.findall(r'<form method="post" action="([^"]+)"', seen) == ["/cabinet/language", "/cabinet/logout"]
    assert f'name="back" value="{path}?site={site.id}"' in seen
    own = re.findall(r'href="(/docs[^"#]*)', page.text)
    assert own
    assert all(link.endswith(f"?site={site.id}") for link in own)


@pytest.mark.parametrize("path", PATHS)
def test_who_is_not_logged_in_reads_the_same_without_anything_of_a_person(
    docs_server: ServerProcess, docs_stage: Stage, path: str
) -> None:
    site = docs_stage.open_site(name="Nobody else's").site
    owner = member_of(docs_server, docs_stage, site.id)
    before, mine, after = (
        each.http.get(path, params={"site": str(site.id)}, headers={"accept-language": "en"})
        for each in (Guest(docs_server), owner, Guest(docs_server))
    )
    assert before.text == after.text
    assert "Nobody else" not in before.text
    assert owner.login in mine.text
    assert 'name="form_token" value=""' in before.text
    articles = [re.sub(r"\?site=\d+", "", each.text.partition("<main")[2]) for each in (before, mine)]
    assert articles[0] == articles[1]
    assert f"?site={site.id}" not in before.text.partition("<main")[2]


def test_a_site_of_others_is_not_shown_in_the_header(docs_server: ServerProcess, docs_stage: Stage) -> None:
    site, other = docs_stage.open_site().site, docs_stage.open_site(name="Of others").site
    guest = member_of(docs_server, docs_stage, site.id)
    for number in (str(other.id), "0", "9" * 30, "x", "١", ""):
        page = guest.http.get("/docs", params={"site": number})
        assert page.status_code == 200
        assert "Of others" not in page.text
        assert guest.login in page.text
        assert "<nav" not in page.text[: page.text.index("</header>")]


def test_who_must_first_set_up_a_second_factor_sees_no_site(docs_server: ServerProcess, docs_stage: Stage) -> None:
    site = docs_stage.open_site(name="Not yet").site
    owner = member_of(docs_server, docs_stage, site.id)
    assert "Not yet" in owner.http.get("/docs", params={"site": str(site.id)}).text
    with docs_stage.database.write() as connection:
        set_factor_demanded(connection, is_demanded=True)
    try:
        assert "Not yet" not in owner.http.get("/docs", params={"site": str(site.id)}).text
    finally:
        with docs_stage.database.write() as connection:
            set_factor_demanded(connection, is_demanded=False)


def test_what_is_not_there_is_said_on_a_page(docs_server: ServerProcess) -> None:
    for path in ("/docs/guides/none", "/docs/methods/none"):
        answer = docs_server.http.get(path, headers={"accept-language": "en"})
        assert (answer.status_code, "There is no such page" in answer.text) == (404, True)


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ({"host": "deals.shop.example"}, "http://deals.shop.example/calls-service/"),
        ({"host": "deals.shop.example", "x-forwarded-proto": "https"}, "https://deals.shop.example/calls-service/"),
        ({"host": "[::1]:8000"}, "http://[::1]:8000/calls-service/"),
    ],
)
def test_commands_name_the_url_that_the_page_was_opened_at(
    docs_server: ServerProcess, headers: dict[str, str], shown: str
) -> None:
    page = docs_server.http.get("/docs/guides/crm", headers=headers)
    assert f"curl '{shown}" in unescape(page.text) or f"curl -G '{shown}" in unescape(page.text)


@pytest.mark.parametrize("host", ["a'b", "a<script>c", 'a"b', "a b", "a&b"])
def test_a_hostile_name_of_the_server_is_not_shown(docs_server: ServerProcess, host: str) -> None:
    answer = docs_server.raw(f"GET /docs/guides/crm HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert host.encode() not in answer


def test_an_endpoint_states_only_errors_that_can_come() -> None:
    codes = {endpoint.shown_name: {refusal.__name__ for _, refusal in refusals_of(endpoint)} for endpoint in ENDPOINTS}
    assert {"NumberTaken", "CallAndLeadRequest", "PointsSpent"} <= codes["register"]
    assert {"DealNotFound", "DealKeyMissing"} <= codes["update-by-id"]
    for name in ("InvitationSpent", "ImportInProgress", "FileUnreadable", "UnknownSetting", "DealNotPinned"):
        assert not [item for item, known in codes.items() if name in known]
    assert "TokenRejected" not in codes["requests-register"]
    assert "SiteMismatch" not in codes["register"]
    assert "BodyTooLarge" not in codes["update-by-id"]


def test_every_example_is_what_is_described() -> None:
    components = {"components": DESCRIPTION["components"]}
    for path, method, operation in operations():
        contents = operation["responses"].get("200", {}).get("content", {})
        contents = {kind: media for kind, media in contents.items() if kind == "application/json" or "example" in media}
        for media in [*contents.values(), *operation.get("requestBody", {}).get("content", {}).values()]:
            assert "example" in media, (method, path)
            faults = list(Draft202012Validator({**media["schema"], **components}).iter_errors(media["example"]))
            assert not faults, (method, path, media["example"], faults[0].message)
        for parameter in operation["parameters"]:
            if "example" in parameter:
                assert not list(Draft202012Validator(parameter["schema"]).iter_errors(parameter["example"])), parameter


def test_every_token_is_a_security_scheme_and_the_server_is_named() -> None:
    schemes = DESCRIPTION["components"]["securitySchemes"]
    assert set(schemes) == {"clientApiId", "access_token", "apikey", "Access-Token"}
    for path, method, operation in operations():
        for needed in operation["security"]:
            assert set(needed) <= set(schemes)
        assert bool(operation["security"]) is ("403" in operation["responses"]), (method, path)
    assert DESCRIPTION["servers"] == [{"url": "/", "description": "This server."}]


def limits_with(count: int) -> RateLimits:
    return RateLimits(RequestRates(**{field.name: count for field in fields(RequestRates)}), "")


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_limits_are_those_of_the_server(language: Language) -> None:
    for endpoint in ENDPOINTS:
        said = describe_method(endpoint, limits_with(7), language).limit
        names = re.findall(r"\b7\b[^(]*\(DEALTRACE_([A-Z_]+)\)", said)
        assert names
        assert all(Settings.model_fields[name.lower()] for name in names)
        unlimited = describe_method(endpoint, limits_with(0), language).limit
        assert not re.search(r"\d", unlimited)
        assert unlimited.count("без ограничений" if language == "ru" else "no limit per") == len(names)


def test_the_page_of_a_method_states_the_limit_in_force(tmp_path: Path) -> None:
    folder, url = tmp_path, f"sqlite:///{tmp_path}/dealtrace.db"
    with closing(ServerProcess(url, folder, is_fork=True, rate_per_second=0)) as server:
        page = server.http.get("/docs/methods/register", headers={"accept-language": "en"}).text
    assert "no limit per IP address (DEALTRACE_RATE_PER_SECOND)" in page


def test_the_description_is_served_as_it_is_made(docs_server: ServerProcess) -> None:
    assert docs_server.http.get("/openapi.json").json() == json.loads(json.dumps(DESCRIPTION))


def test_every_method_shows_an_answer() -> None:
    without = [
        endpoint.shown_name for endpoint in ENDPOINTS if not describe_method(endpoint, limits_with(5), "en").answer
    ]
    assert without == []


@pytest.mark.parametrize(
    "name", ["reports-csv", "reports-xlsx", "download", "counter-script", "init-script", "init-min-script"]
)
def test_an_answer_that_is_no_json_is_shown_as_it_is_sent(server: ServerProcess, served: Stage, name: str) -> None:
    (endpoint,) = (each for each in ENDPOINTS if each.shown_name == name)
    player, now = served.open_site(), datetime.now(UTC)
    call = served.call(player, now, circumstances=Circumstances(record_url="https://pbx.example/1.mp3"))
    path = endpoint.path
    for part, value in {"siteId": player.site.id, "callId": call.id}.items():
        path = path.replace(f"{{{part}}}", str(value))
    query = dict(endpoint.example.parameters)
    query |= {"clientApiId": player.token} if name == "download" else {}
    query |= {"id": str(player.site.id)} if name.startswith("init") else {}
    answer = server.http.get(
        path, params=query, headers={"access-token": player.token} if name.startswith("reports") else {}
    )
    status, *lines = describe_method(endpoint, limits_with(5), "en").answer.split("\n\n")[0].splitlines()
    assert status.split()[1] == str(answer.status_code)
    for header, _, value in (line.partition(": ") for line in lines):
        assert header in answer.headers
        if header in {"content-type", "cache-control", "referrer-policy"}:
            assert answer.headers[header] == value
    body = describe_method(endpoint, limits_with(5), "en").answer.partition("\n\n")[2].splitlines()
    assert answer.text.startswith(body[0].rstrip("…").partition(",")[0] if body else "")
