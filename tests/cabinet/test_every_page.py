"""What holds of every page of the table of pages: its policy, no script or style in it, and few bytes."""

import gzip
from html.parser import HTMLParser

import httpx
import pytest

from cast import Stage
from dealtrace.cabinet.docs.guides import GUIDES
from dealtrace.cabinet.routes import PAGES
from engines import on_one_engine
from examples import in_turn
from filled_site import FilledSite, fill_site
from guests import Guest
from server import ServerProcess

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
COMPRESSED_MAX = 40 * 1024
OF_NOBODY = ("/login", "/welcome", "/invitation", "/password")
"""Pages for people who are not logged in."""
MISSING = (
    "/login/code", "/welcome", "/invitation", "/password", "/{site:int}/reports/rows",
    "/{site:int}/reports/rows.csv", "/{site:int}/reports/rows.xlsx",
    "/{site:int}/settings/imports/{key}/refused.csv",
)  # fmt: skip
"""Pages that answer otherwise without what leads to them: a code that is asked for, a key, a metric, refused rows."""
SHOWN = [page.path for page in PAGES if page.method == "GET"]
DOCUMENTS = ["/docs", "/docs/errors", "/docs/methods/register", *(f"/docs/guides/{name}" for name in GUIDES)]
REPORTS = {
    "reports?by=source,medium,campaign&metrics=visits,leads,deals,won,amount,cost,drr&compare=previous": 200,
    "reports?by=source&metrics=deals&models=all&compare=previous": 200,
    "reports?by=source&pivot=day&metrics=deals": 200,
    "reports?by=day&metrics=deals,amount&compare=weekdays": 200,
    "reports?by=nothing&metrics=deals": 400,
    "reports/rows?metrics=deals": 200,
    "reports/rows?metrics=leads": 200,
}
"""Kinds of reports, and how they are answered."""

pytestmark = on_one_engine


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    """Give a site with something on every page."""
    return fill_site(server, served)


class Inline(HTMLParser):
    """Lists what a page has in itself that its policy does not let run: scripts, styles, and attributes of either."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag and its attributes."""
        values = dict(attrs)
        if tag == "style" or (tag == "script" and not values.get("src")):
            self.found.append(tag)
        self.found += [
            f"{tag} {name}"
            for name, value in attrs
            if name == "style" or name.startswith("on") or (value or "").strip().lower().startswith("javascript:")
        ]


def assert_is_as_promised(answer: httpx.Response) -> None:
    """Check an answer of the cabinet: few bytes, and, if it is a page, its policy with nothing inline."""
    assert len(gzip.compress(answer.content)) <= COMPRESSED_MAX
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert answer.headers["content-security-policy"] == POLICY
        assert Inline(answer.text).found == []
    else:
        assert answer.is_redirect or "attachment" in answer.headers["content-disposition"]


@pytest.mark.parametrize(("page", "language"), in_turn([*SHOWN, *DOCUMENTS], ["ru", "en"]))
def test_a_page_has_the_policy_nothing_inline_and_few_bytes(
    server: ServerProcess, filled: FilledSite, page: str, language: str
) -> None:
    path = page if page in DOCUMENTS else filled.path_of(page)
    who = Guest(server, language=language, secret="" if page in OF_NOBODY else filled.owner.secret)
    answer = who.http.get(path)
    assert answer.is_success or page in MISSING, answer.text
    assert answer.is_redirect or f'lang="{language}"' in answer.text or not answer.text.startswith("<!doctype")
    assert_is_as_promised(answer)


@pytest.mark.parametrize("asked", REPORTS)
def test_each_kind_of_report_has_them_too(filled: FilledSite, asked: str) -> None:
    answer = filled.owner.http.get(f"/cabinet/{filled.player.site.id}/{asked}&period=28d")
    assert answer.status_code == REPORTS[asked], answer.text
    assert_is_as_promised(answer)


@pytest.mark.parametrize("page", [page.path for page in PAGES if page.method == "POST"])
def test_the_answer_to_an_empty_form_and_to_a_foreign_one_has_them_too(
    server: ServerProcess, filled: FilledSite, page: str
) -> None:
    path = filled.path_of(page)
    foreign = filled.owner.http.post(path, headers={"sec-fetch-site": "cross-site"})
    assert_is_as_promised(foreign)
    assert_is_as_promised(Guest(server).send(path.removeprefix("/cabinet")))
    if page not in ENDING:
        assert_is_as_promised(filled.owner.send(path.removeprefix("/cabinet")))


ENDING = {"/logout", "/profile/sessions", "/demo", "/users/second-factor"}
"""Forms that change what the other tests stand on, or begin long work, though nothing is filled in."""
