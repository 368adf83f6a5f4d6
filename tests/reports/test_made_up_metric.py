"""A metric is one record of a table: a new one stands in every report, page, document and alert at once."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from cast import Player, Stage, moscow
from dealtrace.storage.database.engine import open_database
from guests import Guest, member_of, text_of
from server import ServerProcess

RECORD = """
from dealtrace.reports.metrics import LEADS, METRICS, VISITS, Group, Metric, Unit, plain

METRICS["contacts"] = Metric(
    "contacts", "Контакты", "Contacts", "визиты и лиды вместе", "visits and leads together", Group.LEADS,
    Unit.COUNT, plain(VISITS, LEADS),
)
"""
NOON = moscow("2024-11-10", "12:00:00")
ASKED = {"metrics": "contacts,leads,column:Half", "from": "2024-11-01", "to": "2024-11-30"}


@pytest.mark.few(1)
def test_a_new_metric_stands_in_every_way_out_at_once(
    start_server: Callable[..., ServerProcess], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(RECORD)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    server = start_server(is_fork=False)
    database = open_database(server.database_url)
    stage = Stage(database)
    shop = stage.open_site()
    stage.call(shop, NOON)
    stage.lead_request(shop, NOON)
    owner = member_of(server, stage, shop.site.id)
    database.close()
    it_can_be_part_of_a_column(server, shop)
    reports_and_exports_have_it(server, shop)
    the_command_line_has_it(server, shop)
    documents_have_it(server)
    pages_have_it(owner)
    alerts_have_it(server, shop, owner)


def it_can_be_part_of_a_column(server: ServerProcess, shop: Player) -> None:
    server.command("column", "add", str(shop.site.id), "Half", "--formula", "contacts / 4")


def reports_and_exports_have_it(server: ServerProcess, shop: Player) -> None:
    headers = {"Access-Token": shop.token}
    answer = server.http.get("/api/reports", params=ASKED, headers=headers).json()
    assert answer["total"]["values"] == {"contacts": 2, "leads": 2, "column:Half": 0.5}
    lines = list(csv.reader(io.StringIO(server.http.get("/api/reports.csv", params=ASKED, headers=headers).text)))
    assert lines[-2:] == [["total", "contacts", "leads", "column:Half"], ["# total", "2", "2", "0.500000"]]
    book = server.http.get("/api/reports.xlsx", params=ASKED, headers=headers).content
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert sheet == [["Итого", "Контакты", "Лиды", "Half"], ["Итого", 2, 2, 0.5]]
    refused = server.http.get("/api/reports", params={"metrics": "contact"}, headers=headers)
    assert "contacts" in refused.text


def the_command_line_has_it(server: ServerProcess, shop: Player) -> None:
    days = ("--from", ASKED["from"], "--to", ASKED["to"])
    printed = server.command("report", "--site", str(shop.site.id), "--metrics", ASKED["metrics"], *days)
    assert printed.stdout.split()[-4:] == ["total", "2", "2", "0.5"]
    assert "contacts" in printed.stdout


def documents_have_it(server: ServerProcess) -> None:
    described = server.http.get("/openapi.json").json()["paths"]
    for path in ("/api/reports", "/api/reports.csv", "/api/reports.xlsx", "/api/reports/rows"):
        (metrics,) = (each for each in described[path]["get"]["parameters"] if each["name"] == "metrics")
        assert "contacts" in metrics["schema"]["items"]["anyOf"][0]["enum"]
    assert "contacts" in server.http.get("/docs/methods/reports").text


def pages_have_it(owner: Guest) -> None:
    shown = text_of(owner.get(f"reports?metrics=contacts&from={ASKED['from']}&to={ASKED['to']}").text)
    assert "Source Medium Contacts (no source) (nothing) 2 100 % Total 2" in shown
    assert "Contacts visits and leads together" in shown
    assert '<option value="contacts">' in owner.get("settings/alerts").text
    assert "contacts" in text_of(owner.get("settings/columns").text)


def alerts_have_it(server: ServerProcess, shop: Player, owner: Guest) -> None:
    added = server.command("alert", "add", str(shop.site.id), "drop", "contacts", "--json")
    alert_id = json.loads(added.stdout)["alertId"]
    assert server.command("alert", "test", str(shop.site.id), str(alert_id)).returncode == 0
    assert "Contacts: " in text_of(owner.get("settings/alerts").text)
