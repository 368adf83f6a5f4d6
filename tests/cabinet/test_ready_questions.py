"""Ready questions lead from the page of reports to metrics computed from costs, and keep what is chosen."""

import html
import re

import pytest

from cast import Player, Stage
from dealtrace.cabinet.reports.form_fields import ready_links
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.presets import READY_QUESTIONS
from dealtrace.reports.reading.meanings import GROUP_TITLES
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    return served.open_site()


@pytest.fixture(params=["ru", "en"])
def reader(server: ServerProcess, served: Stage, site: Player, request: pytest.FixtureRequest) -> Guest:
    return member_of(server, served, site.site.id, language=request.param)


def links_on(page: str) -> dict[str, str]:
    """Return the URL of each ready question on a page by its text."""
    nav = re.search(r'<nav class="bar" aria-label="(?:Ready questions|Готовые вопросы)">(.*?)</nav>', page, re.DOTALL)
    assert nav is not None
    found = re.findall(r'<a class="chip" href="([^"]+)"[^>]*>([^<]+)</a>', nav[1])
    return {words: html.unescape(url) for url, words in found}


@on_one_engine
def test_every_ready_question_leads_to_its_report(reader: Guest) -> None:
    links = links_on(reader.get("reports").text)
    assert len(links) == len(READY_QUESTIONS)
    for question, (words, url) in zip(READY_QUESTIONS, links.items(), strict=True):
        assert words in (question.ru, question.en)
        page = reader.follow(url)
        assert page.status_code == 200, words
        metric = METRICS[question.metrics.partition(",")[0]]
        assert re.search(f">({re.escape(metric.ru)}|{re.escape(metric.en)})</a>", html.unescape(page.text)), words
        assert re.search(f'aria-current="page">{re.escape(words)}<', page.text)


@on_one_engine
def test_metrics_are_chosen_under_the_titles_of_their_groups(reader: Guest) -> None:
    page = html.unescape(reader.get("reports").text)
    sets = re.findall(r'<fieldset class="checks">\s*<legend>([^<]+)</legend>(.*?)</fieldset>', page, re.DOTALL)
    titles = [pair for group, pair in GROUP_TITLES.items() if any(each.group is group for each in METRICS.values())]
    assert [title in pair for (title, _), pair in zip(sets, titles, strict=True)] == [True] * len(titles)
    (costs,) = (body for title, body in sets if title in ("Расходы и окупаемость", "Costs and returns"))
    assert set(re.findall(r'name="metrics" value="(\w+)"', costs)) >= {"cost", "cpl", "cac", "roi", "drr"}


def test_missed_calls_are_asked_by_the_hour_of_the_call() -> None:
    links = {link.text: link.url for link in ready_links(ReportUrl("/reports", (), ()), "en")}
    assert "by=own_hour&" in links["Missed calls by hour"]


def test_a_ready_question_keeps_filters_and_period_and_drops_the_rest() -> None:
    chosen = (("by", "day"), ("pivot", "source"), ("metrics", "visits"), ("from", "2026-01-05"), ("to", "2026-01-06"))
    url = ReportUrl("/reports", (*chosen, ("sort", "-visits"), ("compare", "year")), ("medium:is:cpc",))
    links = {link.text: link.url for link in ready_links(url, "en")}
    assert links["Cost per lead by source and medium"] == (
        "/reports?by=source%2Cmedium&metrics=cpl%2Ccost%2Cleads&from=2026-01-05&to=2026-01-06&compare=year"
        "&filter=medium%3Ais%3Acpc"
    )
    assert links["CAC by month"] == (
        "/reports?by=month&metrics=cac%2Ccost&period=year&compare=year&filter=medium%3Ais%3Acpc"
    )
