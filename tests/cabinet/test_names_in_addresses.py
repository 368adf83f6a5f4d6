r"""Custom fields whose names have commas, colons or `\` are used on pages like all others."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.operations.deals.register import register_deals
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess
from write_commands import registration

pytestmark = on_one_engine
FIELD = r"Size, \ or: a|b"
ESCAPED = r"field:Size\, \\ or\: a\|b"
WEEK = {"period": "7d"}


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site with three deals, two of which have a value of the field."""
    player, at = served.open_site(fields=[FIELD]), datetime.now(UTC) - timedelta(days=1)
    values: list[dict[str, str]] = [{FIELD: "large"}, {FIELD: "large"}, {}]
    deals = [registration(str(place), happened_at=at, custom_values=each) for place, each in enumerate(values)]
    served.perform(register_deals, player, *deals)
    return player


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id, Role.ANALYST)


def links_of(page: str) -> dict[str, str]:
    """Return the links of the table of a report by their words; of equal words, the first."""
    (table,) = re.findall(r'aria-label="Report">\s*<table(.*?)</table>', page, re.DOTALL)
    found = re.findall(r'<a [^>]*?href="([^"]+)"[^>]*>([^<]*)<', table)
    return {html.unescape(words).strip(): html.unescape(url) for url, words in reversed(found)}


def options_of(page: str, name: str) -> list[str]:
    (select,) = re.findall(rf'<select name="{name}">(.*?)</select>', page, re.DOTALL)[:1]
    return [html.unescape(value) for value in re.findall(r'<option value="([^"]*)"', select)]


@pytest.mark.parametrize("around", [{}, {"models": "all"}, {"pivot": "service"}])
def test_a_report_by_such_a_field_has_links_to_what_is_behind(analyst: Guest, around: dict[str, str]) -> None:
    assert ESCAPED in options_of(analyst.get("reports", **WEEK).text, "by")
    answer = analyst.get("reports", **WEEK, **around, by=["source", ESCAPED], metrics=["deals"])
    assert answer.status_code == 200, answer.text
    links = links_of(answer.text)
    narrowed = analyst.follow(links["large"])
    assert narrowed.status_code == 200, narrowed.text
    assert f"{ESCAPED}:is:large" in dict(parse_qsl(urlsplit(links["large"]).query))["filter"]
    rows = analyst.follow(links["2"])
    assert rows.status_code == 200, rows.text
    assert "Rows 1 to 2 of 2" in rows.text


def test_such_a_field_makes_columns_sorts_and_filters(analyst: Guest) -> None:
    assert ESCAPED in options_of(analyst.get("reports", **WEEK).text, "pivot")
    page = analyst.get("reports", **WEEK, by="service", pivot=ESCAPED, metrics="deals").text
    assert "large" in links_of(page)
    page = analyst.get("reports", **WEEK, by=ESCAPED, metrics="deals").text
    heading = next(url for words, url in links_of(page).items() if words.startswith("Field"))
    assert "▼" in analyst.follow(heading).text
    (name,) = (value for value in options_of(page, "filter_dimension") if value.startswith("field:"))
    fields = {"filter_dimension": name, "filter_operator": "is", "filter_value": "large", "metrics": "deals"}
    filtered = analyst.get("reports", **WEEK, **fields).text
    assert "Rows 1 to 2 of 2" in analyst.follow(links_of(filtered)["2"]).text


def all_links(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<a [^>]*?href="([^"]+)"[^>]*>([^<]*)<', page)
    return [(html.unescape(words).strip(), html.unescape(url)) for url, words in found]


def test_files_have_all_rows_whatever_the_page_shows(analyst: Guest) -> None:
    query: dict[str, Any] = {**WEEK, "by": ESCAPED, "metrics": "deals", "limit": "1"}
    page = analyst.get("reports", **query).text
    (link,) = (url for words, url in all_links(page) if words == "CSV")
    for answer in (analyst.follow(link), analyst.get("reports.csv", **query)):
        assert "large" in answer.text
        assert ",1" in answer.text.replace(";", ","), "the deal without a value has a row too"
    assert "limit" not in link
