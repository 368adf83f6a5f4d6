"""Whatever is asked, well or badly, each endpoint answers as `/openapi.json` says, and never with a fault of ours."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from cast import Player, Stage, moscow
from dealtrace.app import describe
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.annotations import Annotations
from examples import examples
from server import ServerProcess

EXAMPLES = 20
"""How many requests `make torture` sends to each endpoint; `make test` sends fewer, other ones in each run."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
JSON = "application/json"
UNHURRIED = list(HealthCheck)
TOKEN_NAMES = ("clientApiId", "access_token", "apikey")
ANSWERED_WITHIN_SECONDS = 30
NOON = moscow("2018-03-26", "12:00:00")
OPERATIONS = {found.ok().label: found.ok() for found in openapi.from_dict(describe()).get_all_operations()}


@dataclass(frozen=True)
class Site:
    """A site of which every journal has something to tell, and what leads somewhere there."""

    owner: Player
    call_id: int
    deal_id: int
    lead_request_id: int

    @property
    def places(self) -> Mapping[str, Any]:
        """What stands in addresses and headers."""
        site_id, token = self.owner.site.id, self.owner.token
        headers = {"Access-Token": token, "SiteId": str(site_id)}
        return {"siteId": site_id, "callId": self.call_id, "orderId": self.deal_id, "requestId": self.lead_request_id,
                "ATS_CODE": "asterisk", **headers}  # fmt: skip

    def good(self, path: str) -> Mapping[str, Any]:
        """Tell what makes a request to an address with a query or a form a good one."""
        days = {"dateFrom": "26/03/2018", "dateTo": "26/03/2018"}
        result = {
            "orders/register/": {
                "orderSum": "1", "orderStatus": "new", "orderDate": "26.03.2018 12:00:00", "service": "CRM",
            },
            "orders/update-by-id/": {"orderId": str(self.deal_id)},
            "orders/delete-by-id/": {"orderId": str(self.deal_id)},
            "RestAPI/requests/": {"dateFrom": "03/26/2018", "dateTo": "03/26/2018"},
            "requests/orders/register/": {"fio": "Иван", "phoneNumber": "79205550055"},
            "requests/{requestId}/": {},
            "requests/{siteId}/register/": {"fio": "Иван", "phoneNumber": "79205550055"},
            "costs-import/add/": {**days, "source": "yandex", "price": "100"},
            "costs-import/update/": {**days, "source": "yandex", "price": "100"},
            "inbound-call/": {"callid": "17.1", "date": "2018-03-26 12:00:00", "callerid": "79205550055"},
            "/init.js": {"id": str(self.owner.site.id)},
            "/init-min.js": {"id": self.owner.site.counter_code},
            "/set_attrs_by_get.php": {"siteId": str(self.owner.site.id), "sessionId": "1", "attrs": "{}"},
            "counter/visit": {"siteId": str(self.owner.site.id), "url": "https://shop.example/"},
        }  # fmt: skip
        return next((item for end, item in result.items() if path.endswith(end)), days)


@pytest.fixture
def lively(served: Stage, server: ServerProcess) -> Site:
    owner = served.open_site(contact_matching=True, fields=["margin"])
    seen = served.visit(owner, NOON - timedelta(hours=1), TrafficSource("yandex", "cpc", "весна"), attrs={"a": "b"})
    said = Annotations(manager="Коля", comment="звонить", tags=("vip",), custom_values={"margin": "10"})
    call = served.call(owner, NOON, visit_id=seen.id, annotations=said, reference="17.1")
    form = served.lead_request(
        owner, NOON, phone="79205550055", email="i@example.ru", visit_id=seen.id, annotations=said
    )
    result = {"callId": call.id, "comment": "срочно", "tags": "a,b", "custom[margin]": "7"}
    answer = server.register(owner.token, orderNumber="K-1", orderDate="26.03.2018 12:01:00", **result).json()
    return Site(owner, call.id, answer["orderId"], form.id)


@dataclass(frozen=True)
class Asked:
    """A request as it was drawn: whether it brings its token, and what stays of it beside what would make it good."""

    case: Case
    is_admitted: bool
    kept: frozenset[str] | None


@st.composite
def requests_to(draw: st.DrawFn, label: str) -> Asked:
    """Draw a request: as bad as may be, or a good one but for a few parameters."""
    operation = OPERATIONS[label]
    case = draw(st.one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode]))
    for part in ("body", "query", "headers", "path_parameters"):
        setattr(case, part, copy(getattr(case, part)))  # what we change may be a constant of what draws it
    result = case.query if operation.query else case.body
    names = sorted(result) if isinstance(result, dict) else []
    few = st.sets(st.sampled_from(names), max_size=2) if names else st.just(set())
    kept = draw(st.none() | few)
    return Asked(case, draw(st.integers(0, 9)) > 0, None if kept is None else frozenset(kept))


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_one_that_is_described(server: ServerProcess, lively: Site, label: str) -> None:
    @settings(max_examples=examples(EXAMPLES), database=None, deadline=None, suppress_health_check=UNHURRIED)
    @given(requests_to(label))
    def hold(asked: Asked) -> None:
        case = asked.case
        if asked.kept is not None:
            _mend(case, asked.kept, lively)
        if asked.is_admitted:
            _admit(case, lively)
        answer = case.call(base_url=server.url, timeout=ANSWERED_WITHIN_SECONDS, allow_redirects=False)
        case.validate_response(answer, checks=CHECKS)

    hold()


def _mend(case: Case, kept: frozenset[str], site: Site) -> None:
    """Make a good request of one, but for the parameters `kept`."""
    result = case.query if case.operation.query else case.body
    if isinstance(result, dict) and case.media_type != JSON:
        good = {**site.good(case.operation.path), **{name: result[name] for name in kept}}
        result.clear()
        result.update(good)


def _admit(case: Case, site: Site) -> None:
    """Bring the token of the site along by the way the endpoint knows, and name what is there."""
    for parameter in case.operation.path_parameters:
        case.path_parameters[parameter.name] = site.places[parameter.name]
    for parameter in case.operation.headers:
        case.headers[parameter.name] = site.places[parameter.name]
    for parameter in case.operation.query:
        if parameter.name in TOKEN_NAMES:
            case.query[parameter.name] = site.owner.token
    if isinstance(case.body, dict) and case.media_type != JSON:
        case.body["clientApiId"] = site.owner.token
