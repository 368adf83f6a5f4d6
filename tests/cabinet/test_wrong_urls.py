"""URLs that are no page: browsers are led to one in their language, and programs get the API's error."""

import re
from collections.abc import Iterator

import pytest

from cast import Stage
from dealtrace.cabinet.routes import PAGES
from dealtrace.cabinet.settings.shared_links import PLACE as SHARED
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess

HTML = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
SHOWN = {page.path for page in PAGES if page.method == "GET"}
FORMS_ALONE = sorted({page.path for page in PAGES} - SHOWN)
READ_ALONE = sorted(SHOWN - {page.path for page in PAGES if page.method == "POST"})
pytestmark = on_one_engine


@pytest.fixture
def owner(server: ServerProcess, served: Stage) -> Iterator[Guest]:
    """Give an owner of a new site, in a browser."""
    guest = member_of(server, served, served.open_site().site.id)
    guest.http.headers["accept"] = HTML
    yield guest
    guest.http.close()


@pytest.mark.parametrize("path", ["/nosuch", "/{site}/deals/abc", "/{site}/nosuch/at/all", "/profile/nosuch"])
@pytest.mark.parametrize(("language", "words"), [("en", "There is no such page"), ("ru", "Такой страницы нет")])
def test_a_browser_gets_a_page_in_its_language(owner: Guest, path: str, language: str, words: str) -> None:
    owner.http.cookies["language"] = language
    answer = owner.http.get(f"/cabinet{path.format(site=owner.site_id)}")
    assert answer.status_code == 404
    assert f"<h1>{words}</h1>" in answer.text
    assert 'href="/cabinet/"' in answer.text


@pytest.mark.parametrize("path", [*(f"/cabinet{path}" for path in READ_ALONE), "/docs", "/docs/errors", "/docs/nosuch"])
@pytest.mark.parametrize(
    ("language", "words"), [("en", "This page does not accept forms"), ("ru", "не принимает форм")]
)
def test_a_form_sent_to_a_page_that_takes_none_is_answered_in_the_language_of_the_browser(
    owner: Guest, path: str, language: str, words: str
) -> None:
    owner.http.cookies["language"] = language
    filled = re.sub(r"\{([^}]+)\}", lambda name: "1" if name[1].endswith(":int") else "call", path)
    answer = owner.http.post(filled, data={"name": "x"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert words in answer.text
    assert f'href="{filled}"' in answer.text


@pytest.mark.parametrize(
    "path", ["/cabinet/requests", "/cabinet/static/0/x.css", "/docs", "/healthz", "/cabinet/sites"]
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_program_is_told_which_methods_a_page_has(server: ServerProcess, path: str, method: str) -> None:
    if (path, method) == ("/cabinet/sites", "POST"):
        return
    answer = server.http.request(method, path)
    assert (answer.status_code, answer.json()["errorCode"]) == (405, "10011")
    assert "GET" in answer.headers["allow"]
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/docs/nosuch", "/docs/nosuch/deeper"])
def test_a_browser_gets_a_page_of_the_documentation(server: ServerProcess, path: str) -> None:
    answer = server.http.get(path, headers={"accept": HTML})
    assert answer.status_code == 404
    assert 'href="/docs"' in answer.text
    assert server.http.get("/docs/").headers["location"] == "/docs"


def test_a_program_gets_the_error_of_the_api(server: ServerProcess) -> None:
    answer = server.http.get("/cabinet/nosuch")
    assert answer.status_code == 404
    assert "application/json" in answer.headers["content-type"]


@pytest.mark.parametrize("path", FORMS_ALONE)
def test_a_url_that_takes_a_form_leads_to_the_page_with_the_form(owner: Guest, path: str) -> None:
    places = {"site:int": owner.site_id, "user:int": 1, "key": "k", "webhook": 1}
    filled = re.sub(r"\{([^}]+)\}", lambda name: str(places[name[1]]), path)
    answer = owner.http.get(f"/cabinet{filled}")
    assert answer.status_code == 303
    above = answer.headers["location"]
    assert f"/cabinet{filled}".startswith(above)
    assert owner.http.get(above, follow_redirects=True).status_code in (200, 404)


def test_the_form_of_a_password_is_on_the_profile(owner: Guest) -> None:
    assert owner.http.get("/cabinet/profile/password").headers["location"] == "/cabinet/profile"
    link = f"/cabinet/{owner.site_id}/{SHARED}/revoke"
    assert owner.http.get(link).headers["location"] == f"/cabinet/{owner.site_id}/{SHARED}"


def test_a_slash_too_many_or_too_few_keeps_scheme_and_host(owner: Guest) -> None:
    owner.http.headers["x-forwarded-proto"] = "https"
    site = f"/cabinet/{owner.site_id}"
    for wrong, right in ((site, f"{site}/"), (f"{site}/deals/?status=new", f"{site}/deals?status=new")):
        answer = owner.http.get(wrong)
        assert answer.status_code == 307
        assert answer.headers["location"] == right
