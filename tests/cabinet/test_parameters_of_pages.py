"""Every parameter in a URL of the cabinet: nonsense in it is refused in the words of the page, not answered by silence.

The parameters are those of the links and forms that pages show.
"""

import html
import re
from collections import defaultdict
from collections.abc import Mapping
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest

from cast import Stage
from dealtrace.cabinet.leads.missed_calls import OWN_PERIOD
from dealtrace.cabinet.routes import PAGES
from examples import drawn
from filled_site import FilledSite, fill_site
from listed_pages import page_at
from server import ServerProcess

NONSENSE = "nothing 'like' that"
ASKED = (
    "/{site:int}/reports?by=source,medium&metrics=leads,deals&period=28d&filter=source:is:yandex",
    "/{site:int}/reports?by=source&metrics=deals&period=28d&models=all",
    "/{site:int}/reports/rows?metrics=deals&period=28d",
    "/{site:int}/leads?tab=missed",
    "/{site:int}/leads?tab=visits",
    "/{site:int}/settings/columns?change=Wert",
)
"""Pages that show more links and forms when they are asked for more."""
ANYTHING: Mapping[str, str] = {
    "q": "a text to search for", "manager": "a text to search for", "service": "a text to search for",
    "source": "a text to search for", "status": "a text to search for", "path": "a text to search for",
    "text": "a text to search for", "done": "what was done a moment ago; the page says nothing of it",
    "ordered": "the order that the metrics had; the new ones come last", "report": "it is shown in its field",
    "shown": "the period that the form was shown with; only compared", "dates": "its dates; only compared",
    "shown_segment": "the segment that the form was shown with; only compared",
    "day": "it is shown in its field", "refused": "a box, which is ticked or not",
    "page": "where the list goes on; it begins at its start otherwise, and says which rows it shows",
    "before": "where the list goes on", "before_at": "where the list goes on", "before_id": "where the list goes on",
    "offset": "where the list goes on",
}  # fmt: skip
"""The parameters that may have any value, and why."""
OF_PAGES = {("/{site:int}/leads", "done"), ("/{site:int}/people/{client:int}", "page")}
"""Parameters with a name of `ANYTHING` that are of another kind on a page."""
ALWAYS = {"/{site:int}/reports/rows": {"metrics": "deals"}}
"""What a page must always be asked for."""
PARAMETERS_MIN = 90
_LINK = re.compile(r'<(?:a|form|button)\b[^>]*?\b(?:href|action|formaction)="([^"]*)"')
_GET_FORM = re.compile(r"<form\b(?![^>]*method=\"post\")([^>]*)>(.*?)</form>", re.DOTALL)
_ACTION = re.compile(r'action="([^"]*)"')
_NAMED = re.compile(r'\bname="([\w.-]+)"')


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    """Give a site with something on every page."""
    served.open_site()  # the page of all sites is for those who have several
    return fill_site(server, served)


def parameters_of(filled: FilledSite) -> Mapping[str, set[str]]:
    """Return the parameters of each page of the table of pages, as links and forms of all pages name them."""
    found: dict[str, set[str]] = defaultdict(set)

    def take(url: str, *names: str) -> None:
        parts = urlsplit(html.unescape(url))
        page = page_at("GET", parts.path)
        if page is not None:
            found[page.path] |= {*names, *(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))}

    shown = [page.path for page in PAGES if page.method == "GET" and "." not in page.path and not page.is_open]
    for path in [*shown, *ASKED]:
        here = filled.path_of(path)
        text = filled.owner.http.get(here).text
        for url in _LINK.findall(text):
            take(urljoin(here, url))
        for attributes, body in _GET_FORM.findall(text):
            action = _ACTION.search(attributes)
            take(urljoin(here, action[1]) if action is not None else here, *_NAMED.findall(body))
    return found


def test_nonsense_in_a_parameter_is_refused_in_the_words_of_the_page(filled: FilledSite) -> None:
    every = [(path, name) for path, names in sorted(parameters_of(filled).items()) for name in sorted(names)]
    checked = [(path, name) for path, name in every if name not in ANYTHING or (path, name) in OF_PAGES]
    assert len(checked) >= PARAMETERS_MIN
    silent = []
    for path, name in drawn(checked):
        needed = ALWAYS.get(path, {}) | ({"tab": "missed"} if name in OWN_PERIOD else {})
        answer = filled.owner.http.get(filled.path_of(path), params={**needed, name: NONSENSE})
        if answer.status_code != 400 or not re.search(r'role="alert"[^>]*>[^<]', answer.text):
            silent.append(f"{path}?{name}= {answer.status_code}")
    assert silent == []


@pytest.mark.parametrize(
    ("page", "name", "words"),
    [
        ("costs", "by", "Period: unknown “nothing 'like' that”"),
        ("costs", "unmet", "Costs without visits: unknown “nothing 'like' that”"),
        ("settings/rates", "currency", "Currency: unknown “nothing 'like' that”"),
        ("settings/columns", "change", "Column: unknown “nothing 'like' that”"),
        ("settings/fields", "remove", "Field: unknown “nothing 'like' that”"),
        ("settings/statuses", "count", "Deals: unknown “nothing 'like' that”"),
        ("", "chart", "Chart: unknown “nothing 'like' that”"),
        ("deals", "compare", "Comparison: unknown “nothing 'like' that”"),
        ("reports", "filter_value", "Filters: unknown dimension “”"),
    ],
)
def test_the_message_begins_with_the_words_of_the_page(filled: FilledSite, page: str, name: str, words: str) -> None:
    answer = filled.owner.get(page, **{name: NONSENSE})
    assert answer.status_code == 400
    found = re.search(r'role="alert"[^>]*>([^<]*)<', answer.text)
    assert found is not None
    assert html.unescape(found[1]).startswith(words)
