"""Meanings and formulas stand at the headings of figures on every page with a table, and in a list below it."""

import html
import re
from datetime import UTC, datetime

import pytest

from cast import Player, Stage
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.overview.figures import FIGURES
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.reading.meanings import key_meaning
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess

pytestmark = on_one_engine
SHARED = re.compile(r"/cabinet/shared/[\w-]+")


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    return served.open_site()


@pytest.fixture(params=["ru", "en"])
def boss(server: ServerProcess, served: Stage, site: Player, request: pytest.FixtureRequest) -> Guest:
    """Give the owner of the site, in each language."""
    return member_of(server, served, site.site.id, language=request.param)


def has_meaning(page: str, name: str) -> bool:
    """Return whether a page has the meaning of a metric at a heading and in a list."""
    metric = METRICS[name]
    shown = html.unescape(page)
    return any(
        f'title="{meaning}">{title}<' in shown and f"<dt>{title}</dt><dd>{meaning}</dd>" in shown
        for title, meaning in ((metric.ru, metric.meaning_ru), (metric.en, metric.meaning_en))
    )


@pytest.mark.parametrize(
    "query",
    [
        {"metrics": "drr", "by": "source"},
        {"metrics": "cpo", "by": "source", "pivot": "device"},
        {"metrics": "lead_to_deal", "by": "source", "models": "all"},
    ],
    ids=["table", "pivot", "models"],
)
def test_reports_say_what_their_figures_mean(boss: Guest, query: dict[str, str]) -> None:
    page = boss.get("reports", **query)
    assert page.status_code == 200, page.text
    if "models" in query:
        (shown,) = re.findall(r"<caption><span title=\"([^\"]+)\">", page.text)
        assert f"<dd>{shown}</dd>" in page.text
    else:
        assert has_meaning(page.text, query["metrics"])


@pytest.mark.parametrize("further", [{}, {"pivot": "device"}, {"models": "all"}], ids=["table", "pivot", "models"])
def test_no_source_and_direct_are_explained_where_they_stand(
    boss: Guest, served: Stage, site: Player, further: dict[str, str]
) -> None:
    now = datetime.now(UTC)
    visit = served.visit(site, now, TrafficSource("(direct)", "(none)"))
    served.call(site, now, visit_id=visit.id)
    served.call(site, now)
    page = boss.get("reports", by="source,medium", metrics="leads", period="7d", **further).text
    shown = html.unescape(page)
    for name, key, words in (
        ("source", None, ("(no source)", "(без источника)")),
        ("source", "(direct)", ("(direct)",)),
        ("medium", "(none)", ("(none)",)),
    ):
        meanings = [key_meaning(DIMENSIONS[name], key, language) for language in ("ru", "en")]
        assert any(f"<dt>{each}</dt><dd>{meaning}</dd>" in shown for each in words for meaning in meanings)
        assert any(f'title="{meaning}">{each}</a>' in shown for each in words for meaning in meanings)


def test_shared_links_have_no_links_but_the_meanings(boss: Guest) -> None:
    query = "by=source&metrics=drr,romi&period=7d"
    made = boss.post("settings/shared", query=query, name="For the agency", days="30")
    url = SHARED.search(made.text)
    assert url is not None, made.text
    page = boss.follow(url[0]).text
    assert all(has_meaning(page, name) for name in ("drr", "romi"))


def test_the_first_page_says_what_its_figures_mean(server: ServerProcess, served: Stage, boss: Guest) -> None:
    served.open_site()
    chief = member_of(server, served, boss.site_id, None)
    page = chief.get("/").text
    assert all(has_meaning(page, name) for name in FIGURES)


def test_the_total_of_a_price_says_that_it_divides_by_what_came_free_as_well(boss: Guest) -> None:
    pages = [boss.get("").text, boss.get("reports", by="source", metrics="cpl,cpo,cac,drr,visits").text]
    for page, names in zip(pages, (("cpl", "drr"), ("cpl", "cpo", "cac", "drr")), strict=True):
        shown = html.unescape(page)
        (total, *_) = re.findall(r"<tfoot>(.*?)</tfoot>", shown, re.DOTALL)
        explained = {title for name in names for title in METRICS[name].in_total if f'title="{title}"' in total}
        assert len(explained) == len(names)
        assert all(f"<dd>{words}</dd>" in shown for words in explained), "for those who see no titles"
        assert total.count("title=") == len(names), "visits have no such words"
    cpl = METRICS["cpl"]
    assert "все лиды, в том числе с бесплатных источников" in cpl.in_total[0]
    assert "all leads, also those from free sources" in cpl.in_total[1]
    assert cpl.formula_text == "cost / leads"
