"""Which endpoint answers a path."""

import pytest

from dealtrace.app import ENDPOINTS
from dealtrace.http.endpoint_gate import Gate
from dealtrace.http.replies import plain_refusal
from dealtrace.http.routes import Routes

REST = "/calls-service/RestAPI"


@pytest.fixture(scope="module")
def routes() -> Routes:
    return Routes(Gate.__new__(Gate), ENDPOINTS, plain_refusal)


@pytest.mark.parametrize(
    ("path", "endpoint", "path_params"),
    [
        (f"{REST}/orders/register", f"{REST}/orders/register", {}),
        (f"//{REST}/orders/register//", f"{REST}/orders/register", {}),
        (f"{REST}/requests/7/register/", f"{REST}/requests/{{siteId}}/register", {"siteId": "7"}),
        ("/counter/7.js", "/counter/{siteId}.js", {"siteId": "7"}),
        ("/counter/7.js.js", "/counter/{siteId}.js", {"siteId": "7.js"}),
        ("/api/deals/a b/explanation", "/api/deals/{orderId}/explanation", {"orderId": "a b"}),
    ],
)
def test_a_path_finds_its_endpoint_and_the_values_in_it(
    routes: Routes, path: str, endpoint: str, path_params: dict[str, str]
) -> None:
    found = routes.find(path)
    assert found is not None
    assert (found[0].path, dict(found[1])) == (endpoint, path_params)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        f"{REST}/requests//register",
        f"{REST}/requests/7/8/register",
        "/counter/.js",
        "/counter/7.js\n",
        "/counter/7xjs",
    ],
)
def test_an_unknown_path_finds_none(routes: Routes, path: str) -> None:
    assert routes.find(path) is None
