"""On every page of reports the chart stands above the tables, which a reader would otherwise have to scroll past."""

import re

import pytest

from cast import Stage
from engines import on_one_engine
from filled_site import FilledSite, fill_site
from server import ServerProcess

pytestmark = on_one_engine
SOURCES = "metrics=leads,deals,amount&period=28d&by=source"
PAGES = {
    "overview": "/{site}/",
    "table": f"/{{site}}/reports?{SOURCES}",
    "compared": f"/{{site}}/reports?{SOURCES}&compare=previous",
    "by time": "/{site}/reports?metrics=leads&period=28d&by=day",
    "pivot": f"/{{site}}/reports?{SOURCES}&pivot=day",
    "tree": f"/{{site}}/reports?{SOURCES},campaign&tree=yes",
    "models": "/{site}/reports?metrics=deals&period=28d&by=source&models=all",
    "shared": "/shared/{shared}",
}


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    """Give a site with figures for every chart and table."""
    return fill_site(server, served)


@pytest.mark.parametrize("page", PAGES)
def test_charts_stand_above_the_tables_of_every_page_of_reports(filled: FilledSite, page: str) -> None:
    answer = filled.owner.follow("/cabinet" + PAGES[page].format(**filled.places))
    assert answer.status_code == 200
    charts = re.findall("<figure.*?</figure>", answer.text, re.DOTALL)
    assert charts
    assert all("<svg" in chart for chart in charts)
    without_own_tables = re.sub("<figure.*?</figure>", "<figure>", answer.text, flags=re.DOTALL)
    assert without_own_tables.rindex("<figure>") < without_own_tables.index("<table")
