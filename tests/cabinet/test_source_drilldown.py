"""The ladder of sources: people walk by links from a source to its campaigns, ads and keywords."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.reports.manage_segments import add_segment
from dealtrace.reports.saved_items.names import SavedName
from engines import on_one_engine
from guests import Guest, member_of
from server import ServerProcess
from write_commands import NOON

pytestmark = on_one_engine
DAYS_AGO = timedelta(days=2)
BY = ("source", "medium", "campaign")
SOURCES = [
    TrafficSource("yandex", "cpc", "brand", "top", "windows"),
    TrafficSource("yandex", "cpc", "brand", "top", "doors"),
    TrafficSource("yandex", "cpc", "brand", "side", "roofs"),
    TrafficSource("google", "cpc", "brand", "top", "gates"),
]


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site with a visit from each source, and a lead without a visit."""
    player, at = served.open_site(), datetime.now(UTC) - DAYS_AGO
    for place, source in enumerate(SOURCES):
        served.visit(player, at, source, visitor=f"v{place}")
    served.call(player, at)
    return player


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    return member_of(server, served, site.site.id, Role.ANALYST)


def keys_of(page: str) -> dict[str, str]:
    """Return the keys of the report on a page, each with its link."""
    (table,) = re.findall(r'aria-label="Report">\s*<table.*?<tbody>(.*?)</tbody>', page, re.DOTALL)[:1]
    links = re.findall(r'<th scope="row"[^>]*><a href="([^"]+)"[^>]*>(.*?)</a>', table)
    return {words: html.unescape(url) for url, words in links}


def asked(url: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in parse_qsl(urlsplit(url).query) if name in ("by", "filter", "sort")]


@pytest.mark.parametrize("place", ["", "reports"])
def test_links_lead_from_a_source_to_its_keywords(analyst: Guest, place: str) -> None:
    page = analyst.get(place, period="7d").text
    for clicked in ("cpc", "brand", "top"):
        page = analyst.follow(next(link for words, link in keys_of(page).items() if words == clicked)).text
    source = "google" if "gates" in page else "yandex"
    assert set(keys_of(page)) == {each.term for each in SOURCES if (each.source, each.content) == (source, "top")}
    for link in keys_of(page).values():
        assert ("by", "term") not in asked(link) or len(keys_of(analyst.follow(link).text)) == 1


def test_a_key_brings_the_sources_before_it_as_filters(analyst: Guest) -> None:
    page = analyst.get("reports", period="7d", by="source,campaign", sort="-source", filter="source:is:yandex").text
    links = keys_of(page)
    assert asked(links["yandex"]) == [("by", "source,campaign"), ("sort", "-source"), ("filter", "source:is:yandex")]
    assert asked(links["brand"]) == [("by", "content"), ("filter", "source:is:yandex"), ("filter", "campaign:is:brand")]
    other = analyst.get("reports", period="7d", by="device,source", pivot="campaign").text
    assert ("by", "device,source") in asked(keys_of(other)["yandex"])
    other = analyst.get("reports", period="7d", by="device,source", models="all", metrics="leads,visits").text
    assert ("by", "device,source") in asked(keys_of(other)["(nothing)"]), "nothing is below a missing key"


def test_a_key_filters_by_itself_and_by_the_keys_before_it_in_its_row(analyst: Guest) -> None:
    keys = ("yandex", "cpc", "brand")
    yandex, cpc, brand = (("filter", f"{name}:is:{key}") for name, key in zip(BY, keys, strict=True))
    page = analyst.get("reports", period="7d", by=",".join(BY), filter="source:is:yandex").text
    links = keys_of(page)
    assert asked(links["yandex"])[1:] == [yandex], "a filter that is there is not repeated"
    assert asked(links["cpc"])[1:] == [yandex, cpc]
    assert asked(links["brand"])[1:] == [yandex, cpc, brand]
    page = analyst.get("reports", period="7d", by="device,source", metrics="visits", pivot="campaign").text
    assert [words for _, words in asked(keys_of(page)["google"])] == [
        "device,source",
        "device:empty",
        "source:is:google",
    ]
    page = analyst.get("reports", period="7d", by="lead_kind,source", metrics="leads", models="all").text
    assert [words for _, words in asked([*keys_of(page).values()][-1])][1:] == ["lead_kind:is:call", "source:empty"]


def figures_of(page: str) -> dict[str, str]:
    """Return the keys of the report on a page, each with its first figure."""
    (table,) = re.findall(r'aria-label="Report">\s*<table.*?<tbody>(.*?)</tbody>', page, re.DOTALL)[:1]
    return {row[0]: row[1] for row in (re.findall(r"<a [^>]+>([^<]+)</a>", row) for row in table.split("</tr>")) if row}


def filters_of(url: str) -> list[str]:
    return [value for name, value in parse_qsl(urlsplit(url).query) if name in ("filter", "segment")]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"filter": ["source:is:yandex", "source:contains:oo"]}, ["source:is:google"]),
        ({"filter": "source:among:yandex|google"}, ["source:is:google"]),
        ({"segment": "Both"}, ["medium:is:cpc", "source:is:google"]),
        ({"segment": "Cpc"}, ["Cpc", "source:is:google"]),
        ({"segment": "Both", "filter": "device:empty"}, ["device:empty", "medium:is:cpc", "source:is:google"]),
        ({"segment": "Both", "filter": "source:among:yandex|google"}, ["medium:is:cpc", "source:is:google"]),
        (
            {"segment": "Cpc", "filter": ["medium:is:cpc", "campaign:among:brand|a,b"]},
            ["medium:is:cpc", "campaign:among:brand|a\\,b", "source:is:google"],
        ),
    ],
)
def test_a_click_narrows_a_report_that_has_filters_of_its_dimension(
    analyst: Guest, served: Stage, site: Player, given: dict[str, Any], expected: list[str]
) -> None:
    segments = {"Both": ("source:among:yandex|google", "medium:is:cpc"), "Cpc": ("medium:is:cpc",)}
    with served.database.write() as connection:
        for name, filters in segments.items():
            add_segment(account_work(connection, NOON).at(site.site), SavedName(name), filters, overwrites=True)
    query = {"period": "7d", "by": "source", "metrics": "visits", **given}
    page = analyst.get("reports", **query).text
    assert figures_of(page) == {"yandex": "3", "google": "1"}
    link = keys_of(page)["google"]
    assert sorted(filters_of(link)) == sorted(expected)
    by_source = re.sub(r"by=[^&]*", "by=source", link)
    assert figures_of(analyst.follow(by_source).text) == {"google": "1"}
    (column,) = re.findall(
        r'<th scope="col"[^>]*><a href="([^"]+)"[^>]*>google</a>',
        analyst.get("reports", **query | {"by": "medium", "pivot": "source"}).text,
    )
    assert sorted(filters_of(html.unescape(column))) == sorted(expected)


def test_the_levels_above_a_report_keep_its_filters(analyst: Guest) -> None:
    page = analyst.get("reports", period="7d", by="campaign", sort="campaign", filter="source:is:yandex").text
    (levels,) = re.findall(r'<ul class="chips" aria-label="Levels of sources">(.*?)</ul>', page, re.DOTALL)
    assert re.findall(r'aria-current="true">(.*?)</li>', levels) == ["Campaign"]
    links = {words: html.unescape(link) for link, words in re.findall(r'<a href="([^"]+)">(.*?)</a>', levels)}
    assert list(links) == ["Source / Medium", "Ad", "Keyword"]
    assert asked(links["Keyword"]) == [("by", "term"), ("filter", "source:is:yandex")]
    assert set(keys_of(analyst.follow(links["Keyword"]).text)) == {"windows", "doors", "roofs"}
    assert "Levels of sources" not in analyst.get("reports", period="7d", by="campaign,device").text


def test_a_masked_source_is_in_no_link_of_its_row(server: ServerProcess, served: Stage, site: Player) -> None:
    served.visit(site, datetime.now(UTC) - DAYS_AGO, TrafficSource("anna@example.com", "letter"))
    reader = member_of(server, served, site.site.id, Role.READER)
    for place in ("", "reports"):
        page = reader.get(place, period="7d").text
        assert "letter" in page
        assert "anna" not in page
        assert "letter" not in keys_of(page)


@pytest.mark.parametrize(
    ("query", "by"),
    [
        ("by=source", "source,medium"),
        ("by=month,source&sort=-visits", "month,source,medium"),
        ("by=source&pivot=month", "source,medium"),
        ("by=source&models=all", "source,medium"),
        ("by=source,medium", ""),
        ("by=source&pivot=medium", ""),
        ("by=campaign", ""),
        ("by=source,campaign,content", ""),
    ],
)
def test_a_row_of_a_source_is_split_by_medium_by_one_link(analyst: Guest, query: str, by: str) -> None:
    page = analyst.get(f"reports?{query}&metrics=visits,leads&period=7d").text
    found = re.findall(r'<a href="([^"]+)">Split sources by medium</a>', page)
    assert [dict(parse_qsl(urlsplit(html.unescape(url)).query))["by"] for url in found] == ([by] if by else [])
    if found:
        assert analyst.follow(html.unescape(found[0])).status_code == 200
