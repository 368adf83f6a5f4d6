"""`/docs` and `/openapi.json`: requests that work as copied, answers as described, and only errors that can come."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from absent import leave_out
from browser import Browser, find_chromium
from dealtrace.app import ENDPOINTS, describe
from dealtrace.http.description import LIMITS, render_docs
from dealtrace.http.endpoint import Endpoint
from dealtrace.http.possible_refusals import example_of, refusals_of
from dealtrace.http.samples import ADDRESS, TOKEN, curl
from dealtrace.settings import Settings
from server import ServerProcess

NOT_THERE = {"download": {404}, "request": {404}, "explanation": {200, 404}, "customfield-delete": {200, 400}}
"""Requests about something that a new installation may not have, with the statuses of their answers."""
DESCRIPTION = describe()


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in DESCRIPTION["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def name_of(endpoint: Endpoint) -> str:
    return endpoint.name or endpoint.path.rsplit("/", 1)[-1]


@pytest.fixture
def newcomers_server(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess(f"sqlite:///{tmp_path}/dealtrace.db", tmp_path)
    yield process
    process.close()


def test_every_request_works_as_it_is_copied(newcomers_server: ServerProcess) -> None:
    if shutil.which("curl") is None:
        leave_out("curl", "curl")
    token = re.findall(r"shown only once: (\S+)", newcomers_server.printed)[0]
    last = ("customfield-delete", "delete-by-id")
    for endpoint in sorted(
        ENDPOINTS, key=lambda endpoint: last.index(name_of(endpoint)) if name_of(endpoint) in last else -1
    ):
        command = curl(endpoint).replace(ADDRESS, newcomers_server.address).replace(TOKEN, token)
        done = subprocess.run(
            [*shlex.split(command), "-s", "-w", "\n%{http_code}"],
            capture_output=True,
            text=True,
            errors="replace",
            check=True,
        )
        status = int(done.stdout.rsplit("\n", 1)[1])
        assert status in NOT_THERE.get(name_of(endpoint), {200}), (command, done.stdout)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_page_has_no_holes_and_each_method_its_example(language: Any) -> None:
    page = unescape(render_docs(ENDPOINTS, language))
    assert not re.findall(r"\{(ru|en|[a-z]+_[a-z_]+)\}", page)
    assert page.count('<pre class="request">') == len(ENDPOINTS)
    for endpoint in ENDPOINTS:
        assert curl(endpoint) in page
        for _, refusal in refusals_of(endpoint):
            assert example_of(refusal, endpoint).text(language) in page


def test_an_endpoint_tells_only_errors_that_can_come() -> None:
    codes = {name_of(endpoint): {refusal.__name__ for _, refusal in refusals_of(endpoint)} for endpoint in ENDPOINTS}
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


def test_the_limits_are_those_of_the_settings() -> None:
    for texts in LIMITS.values():
        for text in texts.values():
            for number, name in re.findall(r"(\d+)[^(]*\(DEALTRACE_([A-Z_]+)\)", text):
                assert Settings.model_fields[name.lower()].default == int(number)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_nothing_overflows_on_a_phone(server: ServerProcess, tmp_path: Path, language: str) -> None:
    if find_chromium() is None:
        leave_out("Chromium", "chromium")
    browser = Browser(tmp_path)
    try:
        browser.send_headers({"Accept-Language": language})
        browser._ask("Emulation.setDeviceMetricsOverride", width=360, height=640, deviceScaleFactor=1, mobile=True)
        browser.open(f"{server.address}/docs")
        browser.run("document.querySelectorAll('details').forEach(part => part.open = true)")
        assert browser.run("document.documentElement.lang") == language
        assert browser.run("document.documentElement.scrollWidth") <= 360
    finally:
        browser.close()


def test_the_description_is_served_as_it_is_made(server: ServerProcess) -> None:
    assert server.http.get("/openapi.json").json() == json.loads(json.dumps(DESCRIPTION))
