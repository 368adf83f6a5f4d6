"""A metric is one line of a table: whoever adds it there finds it everywhere."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from cast import Stage, moscow
from dealtrace.storage.database.engine import open_database
from server import ServerProcess

LINE = """
from dealtrace.reports.metrics import LEADS, METRICS, VISITS, Metric, Unit, plain

METRICS["contacts"] = Metric("contacts", "Обращения", "Contacts", Unit.COUNT, plain(VISITS, LEADS))
"""
NOON = moscow("2024-11-10", "12:00:00")
ASKED = {"metrics": "contacts,leads", "from": "2024-11-01", "to": "2024-11-30"}


def test_a_new_metric_stands_in_every_way_out_at_once(
    start_server: Callable[..., ServerProcess], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(LINE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    server = start_server(is_fork=False)
    database = open_database(server.database_url)
    shop = Stage(database).open_site()
    Stage(database).call(shop, NOON)
    Stage(database).lead_request(shop, NOON)
    database.close()
    headers = {"Access-Token": shop.token}
    figures = {"contacts": 2, "leads": 2}
    assert server.http.get("/api/reports", params=ASKED, headers=headers).json()["total"]["values"] == figures
    lines = list(csv.reader(io.StringIO(server.http.get("/api/reports.csv", params=ASKED, headers=headers).text)))
    assert lines[-2:] == [["total", "contacts", "leads"], ["# total", "2", "2"]]
    book = server.http.get("/api/reports.xlsx", params=ASKED, headers=headers).content
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert sheet == [["Итого", "Обращения", "Лиды"], ["Итого", 2, 2]]
    days = ("--from", ASKED["from"], "--to", ASKED["to"])
    printed = server.command("report", "--site", str(shop.site.id), "--metrics", ASKED["metrics"], *days)
    assert printed.stdout.split()[-3:] == ["total", "2", "2"]
    assert "contacts" in printed.stdout
    described = server.http.get("/openapi.json").json()["paths"]
    for path in ("/api/reports", "/api/reports.csv", "/api/reports.xlsx", "/api/reports/rows"):
        (metrics,) = (each for each in described[path]["get"]["parameters"] if each["name"] == "metrics")
        assert "contacts" in metrics["schema"]["items"]["anyOf"][0]["enum"]
    assert "contacts" in server.http.get("/docs/methods/reports").text
    refused = server.http.get("/api/reports", params={"metrics": "contact"}, headers=headers)
    assert "contacts" in refused.text
