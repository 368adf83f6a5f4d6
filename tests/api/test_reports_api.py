"""`GET /api/reports`, its files and the rows behind its figures, over HTTP to a real server."""

import csv
import io
import itertools
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook

from cast import Player, Stage, moscow
from commands import Terminal
from dealtrace import clock
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.model_labels import model_label
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.lead_clue import CallIdentity, LeadClue
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.reports.set_status import set_status
from dealtrace.reports.figure import base_measure
from dealtrace.reports.metrics import METRICS
from described import check_answer
from examples import drawn
from figures_outside import number, table_of
from server import ServerProcess
from write_commands import registration

NOON = moscow("2024-11-10", "12:00:00")
DAY = date(2024, 11, 10)
NOVEMBER = {"from": "2024-11-01", "to": "2024-11-30"}
YANDEX, GOOGLE = TrafficSource("Yandex", "cpc", "brand"), TrafficSource("google", "cpc")
CODES = [str(int(model)) for model in AttributionModel]


def ask(server: ServerProcess, player: Player, path: str = "/api/reports", **sent: Any) -> httpx.Response:
    """Ask about November; `first` and `last` are other days."""
    days = {"from": sent.pop("first", NOVEMBER["from"]), "to": sent.pop("last", NOVEMBER["to"])}
    asked = {name: value for name, value in {**days, **sent}.items() if value is not None}
    return server.http.get(path, params=asked, headers={"Access-Token": player.token})


def answered(server: ServerProcess, player: Player, path: str = "/api/reports", **sent: Any) -> Any:
    answer = ask(server, player, path, **sent)
    assert answer.status_code == 200, answer.text
    check_answer(server, path, answer.json())
    return answer.json()


def open_shop(served: Stage) -> Player:
    """Open a site with a won deal of three touches, one with a stated source, and one without anything."""
    player = served.open_site(fields=["city"], attribution=1)
    served.visit(player, NOON - timedelta(days=3), YANDEX)
    served.visit(player, NOON - timedelta(days=2), TrafficSource("yandex ", "CPC", "brand"))
    own = served.visit(player, NOON - timedelta(days=1), GOOGLE)
    call = served.call(player, NOON - timedelta(hours=1), visit_id=own.id)
    served.perform(
        register_deals, player,
        registration("a", amount_rub=Decimal("100.00"), happened_at=NOON, status="Оплачен", manager="Коля",
                     tags=("vip", "vpn"), clue=LeadClue(CallIdentity(call.id, None))),
        registration("b", amount_rub=Decimal("50.005"), happened_at=NOON, stated_source=GOOGLE),
        registration("c", amount_rub=None, happened_at=NOON + timedelta(days=1), manager="=1+1"),
    )  # fmt: skip
    served.ids.ensure(10)
    with served.database.write() as connection:
        work = served.work(connection, player)
        import_costs(work, CostAccount("yandex", "main"), {DAY}, [Cost(DAY, YANDEX, 30_00, 7), Cost(DAY, GOOGLE, 1)])
    return player


@pytest.fixture(scope="module")
def shop(served: Stage) -> Player:
    """Give a site that has named no status."""
    return open_shop(served)


@pytest.fixture(scope="module")
def winner(served: Stage) -> Player:
    """Give a site like it, which has named its won status."""
    player = open_shop(served)
    with served.database.write() as connection:
        set_status(served.work(connection, player), "оплачен ", "won")
    return player


def test_ratios_of_income_are_unknown_while_no_status_is_named_won(server: ServerProcess, shop: Player) -> None:
    answer = answered(server, shop, metrics="cost,romi,drr,won")
    assert answer["total"] == {"values": {"cost": "30.01", "romi": None, "drr": None, "won": 0}}
    hint, of_costs = answer["hints"]
    assert of_costs["metrics"] == ["cost", "romi", "drr"]
    assert hint["metrics"] == ["romi", "drr"]
    assert hint["cure"] == f"dealtrace status set {shop.site.id} NAME won"
    assert "hints" not in answered(server, shop, metrics="won")


def test_an_answer_says_why_it_has_no_changes(server: ServerProcess, shop: Player) -> None:
    asked = {"metrics": "deals", "compare": "year"}
    answer = answered(server, shop, **asked)
    assert answer["total"]["change"] == {"deals": None}
    (hint,) = answer["hints"]
    assert hint["metrics"] == ["deals"]
    assert hint["reason"] == "compared with 2023-11-01 to 2023-11-30: no data in that period"
    hints = answered(server, shop, **{**asked, "metrics": "deals,romi"})["hints"]
    assert [each["metrics"] for each in hints] == [["romi"], ["deals", "romi"], ["romi"]]


def test_an_answer_says_since_when_costs_are_not_known(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    today = site_day(clock.now(), player.site.time_zone)
    spent_on = today - timedelta(days=3)
    served.ids.ensure(10)
    with served.database.write() as connection:
        import_costs(served.work(connection, player), CostAccount("yandex", "main"), {spent_on},
                     [Cost(spent_on, YANDEX, 30_00, 7)])  # fmt: skip
    asked = {"metrics": "visits,cost,drr", "first": spent_on.isoformat(), "last": today.isoformat()}
    hint = next(each for each in answered(server, player, **asked)["hints"] if "cost" in each["metrics"])
    assert hint["metrics"] == ["cost", "drr"]
    assert hint["reason"].startswith(f"Costs are known through {spent_on}. Days whose costs are not all known yet:")
    assert "hints" not in answered(server, player, **{**asked, "metrics": "visits"})
    divided = answered(server, player, **{**asked, "by": "device", "last": spent_on.isoformat()})
    assert {"metrics": ["cost", "drr"], "cure": "group by other dimensions, or read the total"}.items() <= (
        divided["hints"][-1].items()
    )
    assert divided["hints"][-1]["reason"].startswith("Not broken down by “Device”: Cost, ")


@pytest.mark.parametrize("more", [{}, {"limit": "1"}, {"sort": "romi"}, {"compare": "year"}, {"models": "all"}])
@pytest.mark.parametrize("by", ["day", "source", "source,day", "tag"])
def test_unknown_ratios_of_income_have_the_rows_that_they_have_where_they_are_known(
    server: ServerProcess, shop: Player, winner: Player, by: str, more: dict[str, str]
) -> None:
    asked = {"by": by, "metrics": "romi,drr", **more}
    known, unknown = answered(server, winner, **asked), answered(server, shop, **asked)
    assert unknown["rowsTotal"] == known["rowsTotal"] > 0
    if not more.get("limit"):
        of_unknown, of_known = (sorted(str(row["keys"]) for row in found["rows"]) for found in (unknown, known))
        assert of_unknown == of_known
    figures = [cell for row in [*unknown["rows"], unknown["total"]] for cell in row["values"].values()]
    assert {each for cell in figures for each in (cell.values() if isinstance(cell, dict) else [cell])} == {None}


@pytest.mark.parametrize("pivot", [{}, {"pivot": "day"}])
def test_files_hold_the_rows_of_unknown_ratios_and_say_why(
    server: ServerProcess, shop: Player, pivot: dict[str, str]
) -> None:
    asked = {"by": "source", "metrics": "romi,drr", **pivot}
    keys = [row["keys"] for row in answered(server, shop, **asked)["rows"]]
    assert len(keys) == 3
    lines = list(csv.reader(io.StringIO(ask(server, shop, "/api/reports.csv", **asked).text)))
    unknown = ",".join(answered(server, shop, **asked)["hints"][0]["metrics"])
    assert ["# unknown without won statuses", unknown] in lines
    assert [line[0] or None for line in lines[-len(keys) - 1 : -1]] == [key for (key,) in keys]
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(ask(server, shop, "/api/reports.xlsx", **asked).content))
    first, question = (sheets.get_sheet_by_name(name).to_python() for name in sheets.sheet_names)
    titles = ", ".join(METRICS[name].ru for name in unknown.split(","))
    assert ["Неизвестны, пока не отмечены статусы выигранных сделок", titles] in question
    assert len(first) == len(keys) + 2
    assert "unknown" not in ask(server, shop, "/api/reports.csv", metrics="cost").text


def test_a_report_is_rows_and_a_total(server: ServerProcess, shop: Player) -> None:
    assert answered(server, shop, by="source", metrics="deals,amount,visits", model="4") == {
        "from": "2024-11-01", "to": "2024-11-30", "model": 4, "by": ["source"],
        "metrics": ["deals", "amount", "visits"],
        "rows": [
            {"keys": ["google"], "values": {"deals": "1.333334", "amount": "83.35", "visits": 1}},
            {"keys": [None], "values": {"deals": 1, "amount": "0.00", "visits": 0}},
            {"keys": ["Yandex"], "values": {"deals": "0.666666", "amount": "66.66", "visits": 2}},
        ],
        "rowsTotal": 3, "addsUp": True,
        "total": {"values": {"deals": 3, "amount": "150.01", "visits": 3}},
    }  # fmt: skip


def test_all_models_stand_side_by_side(server: ServerProcess, shop: Player) -> None:
    answer = answered(server, shop, by="source", metrics="deals,visits", models="all")
    assert answer["model"] is None
    assert answer["models"] == {code: model.name.lower() for code, model in zip(CODES, AttributionModel, strict=True)}
    (yandex,) = (row for row in answer["rows"] if row["keys"] == ["Yandex"])
    assert list(yandex["values"]["deals"]) == CODES
    assert (yandex["values"]["deals"]["0"], yandex["values"]["deals"]["2"], yandex["values"]["deals"]["4"]) == (
        0, 1, "0.666666",
    )  # fmt: skip
    assert set(yandex["values"]["visits"].values()) == {2}
    assert answer["total"]["values"]["deals"] == dict.fromkeys(CODES, 3)
    for code in CODES:
        single = answered(server, shop, by="source", metrics="deals,visits", model=code)
        values = {tuple(row["keys"]): row["values"] for row in single["rows"]}
        assert values == {
            tuple(row["keys"]): {name: by_code[code] for name, by_code in row["values"].items()}
            for row in answer["rows"]
            if tuple(row["keys"]) in values
        }


def test_a_comparison_names_its_days_and_lists_rows_of_either_side(server: ServerProcess, shop: Player) -> None:
    answer = answered(
        server, shop, by="source", metrics="deals", model="0", compare="previous", first="2024-11-11", last="2024-11-11"
    )
    assert (answer["comparedFrom"], answer["comparedTo"]) == ("2024-11-10", "2024-11-10")
    assert answer["rows"] == [
        {"keys": [None], **compared_deals(1, 0, 1, None)},
        {"keys": ["google"], **compared_deals(0, 2, -2, -100.0)},
    ]
    assert answer["total"] == compared_deals(1, 2, -1, -50.0)


def compared_deals(value: int, before: int, change: int, percent: float | None) -> dict[str, Any]:
    """Return the JSON of a row of deals with a comparison."""
    sides = {"values": value, "compared": before, "change": change, "changePercent": percent}
    return {name: {"deals": figure} for name, figure in sides.items()}


def test_a_change_is_in_the_unit_of_its_metric_and_in_per_cent_unless_that_is_a_ratio(
    server: ServerProcess, shop: Player
) -> None:
    days = {"first": "2024-11-11", "last": "2024-11-11", "compare": "previous", "model": "0"}
    total = answered(server, shop, metrics="deals,match_rate,amount", **days)["total"]
    assert list(total["change"]) == ["deals", "match_rate", "amount"]
    assert list(total["changePercent"]) == ["deals", "amount"]
    value, before = (Decimal(total[side]["amount"]) for side in ("values", "compared"))
    assert total["change"]["amount"] == f"{value - before:.2f}"
    assert total["changePercent"]["amount"] == round(float((value - before) / before * 100), 6)
    assert total["change"]["match_rate"] == total["values"]["match_rate"] - total["compared"]["match_rate"]
    models = answered(server, shop, metrics="deals,match_rate", **{**days, "model": "", "models": "all"})["total"]
    assert models["change"]["deals"]["0"] == total["change"]["deals"]
    assert list(models["changePercent"]) == ["deals"]
    empty = answered(server, shop, metrics="deals", **{**days, "compare": "year"})["total"]
    assert (empty["change"], empty["changePercent"]) == ({"deals": None}, {"deals": None}), "nothing was counted before"


def test_tags_do_not_add_up_and_the_answer_says_so(server: ServerProcess, shop: Player) -> None:
    answer = answered(server, shop, by="tag", metrics="deals")
    assert answer["addsUp"] is False
    assert [row["keys"] for row in answer["rows"]] == [[None], ["vip"], ["vpn"]]
    assert answer["total"]["values"] == {"deals": 3}


def test_filters_may_be_repeated(server: ServerProcess, shop: Player) -> None:
    together = ["source:is:yandex", "source:is:GOOGLE", "manager:not:Коля"]
    answer = answered(server, shop, by="source", metrics="deals", filter=together)
    assert [(row["keys"], row["values"]["deals"]) for row in answer["rows"]] == [(["google"], 1)]
    assert answered(server, shop, metrics="deals", filter=[])["total"]["values"] == {"deals": 3}


@pytest.mark.parametrize("asked", [
    {"by": "source,day", "metrics": "deals,amount,match_rate,visits", "model": "4"},
    {"by": "manager", "metrics": "deals,average", "models": "all", "compare": "year"},
    {"metrics": "deals,cost,cpo", "filter": [r"source:among:yandex|a\,b", "manager:filled"]},
    {"by": "source", "metrics": "deals", "sort": "source", "limit": "1"},
    {"by": "source", "metrics": "deals,visits", "sort": "-change:visits", "compare": "previous"},
])  # fmt: skip
def test_files_hold_the_same_figures_and_the_question(
    server: ServerProcess, shop: Player, asked: dict[str, Any]
) -> None:
    answer = answered(server, shop, **asked)
    names, table = table_of(answer)
    answer_csv = ask(server, shop, "/api/reports.csv", **asked)
    assert answer_csv.headers["content-type"] == "text/csv;charset=UTF-8"
    assert answer_csv.headers["content-disposition"].startswith('attachment; filename="report-')
    lines = list(csv.reader(io.StringIO(answer_csv.text)))
    notes = list(itertools.takewhile(lambda line: line[0].startswith("# "), lines))
    said = [(name.removeprefix("# "), text) for name, text in notes]
    assert {("from", "2024-11-01"), ("to", "2024-11-30"), ("metrics", asked["metrics"])} <= set(said)
    assert [text for name, text in said if name == "filter"] == asked.get("filter", [])
    headings, *rows, total = lines[len(notes) :]
    assert headings == names
    assert total[0] == "# total"
    assert [_numbers(row, len(answer["by"]) or 1) for row in [*rows, ["", *total[1:]]]] == table
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(ask(server, shop, "/api/reports.xlsx", **asked).content))
    first, question = (sheets.get_sheet_by_name(name).to_python() for name in sheets.sheet_names)
    assert len(first) == len(table) + 1
    assert [
        _numbers([str(cell).removeprefix("'") for cell in row], len(answer["by"]) or 1)[1:] for row in first[1:]
    ] == [row[1:] for row in table]
    assert ["С", "2024-11-01"] in question
    label = "Все модели рядом" if "models" in asked else model_label(AttributionModel(answer["model"]), "ru")
    assert [label in text for name, text in question if name == "Модель атрибуции"] == [True]
    if "models" in asked:
        assert {"Сделки: Последнее взаимодействие", "Сделки: Линейная, сравнение"} <= set(first[0])
    filters = [text for name, text in question if name == "Условие"]
    in_words = ["Источник среди: yandex, a,b", "Менеджер со значением"]
    assert filters == (in_words if "filter" in asked else []), "for people, the filters are in words"


def _numbers(row: list[str], keys: int) -> list[Any]:
    return [*row[:keys], *map(number, row[keys:])]


def test_a_formula_in_a_workbook_stays_a_text(server: ServerProcess, shop: Player) -> None:
    content = ask(server, shop, "/api/reports.xlsx", by="manager", metrics="deals").content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert {"'=1+1", "Коля"} <= {row[0] for row in rows}


BASE_METRICS = [name for name, metric in METRICS.items() if base_measure(metric) is not None]
OF_NO_LEAD = ("visits", "visitors", "cost", "clicks")


@pytest.mark.parametrize("model", ["1", "4", "6"])
def test_the_rows_behind_every_figure_add_up_to_it(server: ServerProcess, winner: Player, model: str) -> None:
    for by in ("source", "source,day", "tag", "lead_kind", ""):
        metrics = [name for name in BASE_METRICS if by not in ("tag", "lead_kind") or name not in OF_NO_LEAD]
        report = answered(server, winner, by=by or None, metrics=",".join(metrics), model=model, date="changed")
        rows = report["rows"] if by else [{"keys": [], **report["total"]}]
        figures = ((metric, row) for row in rows for metric in metrics)
        counted = [(metric, row) for metric, row in figures if number(row["values"][metric]) or by == "source"]
        assert {metric for metric, _ in counted} >= {"leads", "deals", "won", "amount"}
        for metric, row in drawn(counted):
            behind = answered(
                server, winner, "/api/reports/rows", by=by or None, metrics=metric, model=model, date="changed",
                key=[key or "" for key in row["keys"]],
            )  # fmt: skip
            assert behind["sum"][metric] == row["values"][metric], (by, metric, row)
            assert behind["total"] == len(behind["rows"])


def test_the_rows_behind_a_compared_figure_are_of_that_period(server: ServerProcess, winner: Player) -> None:
    later = {"first": "2024-11-12", "last": "2024-11-13", "compare": "previous", "model": "4"}
    metrics = ["deals", "amount", "won_amount", "leads", "visits", "cost"]
    report = answered(server, winner, by="source", metrics=",".join(metrics), **later)
    assert {row["compared"]["amount"] for row in report["rows"]} >= {"66.66"}
    for row in report["rows"]:
        for metric in metrics:
            asked = {"by": "source", "metrics": metric, "key": row["keys"][0] or "", **later}
            before = answered(server, winner, "/api/reports/rows", side="compared", **asked)
            assert before["sum"][metric] == row["compared"][metric], (metric, row)
            assert answered(server, winner, "/api/reports/rows", **asked)["sum"][metric] == row["values"][metric]
    refused = ask(server, winner, "/api/reports/rows", metrics="deals", side="compared")
    assert refused.status_code == 400
    assert refused.json()["data"]["validationErrorData"]["violations"][0]["field"] == "side"


def test_the_rows_of_a_deal_have_their_shares_and_their_kopecks(server: ServerProcess, winner: Player) -> None:
    asked = {"by": "source", "metrics": "amount", "model": "4"}
    yandex = answered(server, winner, "/api/reports/rows", key="YANDEX", **asked)
    (row,) = yandex["rows"]
    assert (row["share"], row["amount"]) == ("0.666666", "66.66")
    assert (yandex["kind"], yandex["total"]) == ("deal", 1)
    assert yandex["sum"] == {"deals": "0.666666", "amount": "66.66"}
    google = answered(server, winner, "/api/reports/rows", key="google", **asked)
    assert [(row["share"], row["amount"]) for row in google["rows"]] == [("0.333334", "33.34"), ("1.000000", "50.01")]
    second = answered(server, winner, "/api/reports/rows", key="google", limit="1", offset="1", **asked)
    assert (second["rows"], second["total"], second["sum"]) == (google["rows"][1:], 2, google["sum"])
    nothing = answered(server, winner, "/api/reports/rows", key="", **asked)
    assert [row["amount"] for row in nothing["rows"]] == [None]


def test_the_rows_behind_other_facts_say_what_they_are(server: ServerProcess, winner: Player) -> None:
    (call,) = answered(server, winner, "/api/reports/rows", metrics="unique_calls")["rows"]
    assert (call["kind"], call["share"]) == ("call", "1.000000")
    visitors = answered(server, winner, "/api/reports/rows", metrics="visitors")
    assert (visitors["kind"], visitors["total"], visitors["sum"]) == ("visit", 3, {"visits": 3, "visitors": 1})
    costs = answered(server, winner, "/api/reports/rows", metrics="cost", by="source", key="yandex")
    assert costs["rows"] == [
        {"day": "2024-11-10", "source": "Yandex", "medium": "cpc", "campaign": "brand", "content": "", "term": "",
         "cost": "30.00", "clicks": 7}
    ]  # fmt: skip
    assert costs["sum"] == {"cost": "30.00", "clicks": 7}
    assisted = answered(server, winner, "/api/reports/rows", metrics="assisted", by="source", key="yandex")
    assert (assisted["kind"], assisted["total"], assisted["sum"]["assisted"]) == ("deal", 1, 1)


@pytest.mark.parametrize(
    ("asked", "field", "named"),
    [
        ({"metrics": "dels"}, "metrics", ("dels", "deals", "romi")),
        ({"metrics": None}, "metrics", ()),
        ({"by": "sorce"}, "by", ("sorce", "source", "field:")),
        ({"by": "field:town"}, "by", ("town", "city")),
        ({"by": "source,medium,campaign,term"}, "by", ("3",)),
        ({"model": "7"}, "model", ("7", "6 position_based")),
        ({"models": "some"}, "models", ("all",)),
        ({"models": "all", "model": "1"}, "models", ("model",)),
        ({"period": "fortnight", "first": None, "last": None}, "period", ("fortnight", "28d")),
        ({"period": "28d"}, "period", ()),
        ({"first": "2024-11-31"}, "from", ("2026-11-30",)),
        ({"first": "2025-01-01"}, "from", ("to",)),
        ({"first": "0001-01-01"}, "from", ("1990",)),
        ({"date": "mine"}, "date", ("mine", "changed")),
        ({"compare": "past"}, "compare", ("past", "weekdays")),
        ({"filter": "source=yandex"}, "filter", ("source=yandex",)),
        ({"filter": ["source:is:a", "source:like:a"]}, "filter", ("like", "contains")),
        ({"filter": "day:is:yesterday"}, "filter", ("yesterday",)),
        ({"filter": ["source:is:a"] * 51}, "filter", ("50",)),
        ({"segment": "ours"}, "segment", ("ours",)),
        ({"sort": "amount"}, "sort", ("amount", "deals")),
        ({"sort": "change:deals"}, "sort", ("change:deals", "compare")),
        ({"limit": "0"}, "limit", ("10000",)),
        ({"limit": "9" * 30}, "limit", ("10000",)),
        ({"by": "a\0b"}, "by", ()),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_there_is(
    server: ServerProcess, shop: Player, asked: dict[str, Any], field: str, named: tuple[str, ...]
) -> None:
    for path in ("/api/reports", "/api/reports.csv", "/api/reports.xlsx", "/api/reports/rows"):
        refused = ask(server, shop, path, **{"metrics": "deals", **asked})
        assert refused.status_code == 400, refused.text
        answer = refused.json()
        assert answer["errorCode"] == "10007"
        assert f"{field}: " in refused.text
        assert all(word in refused.text for word in named), refused.text


@pytest.mark.parametrize(
    ("asked", "field", "named"),
    [
        ({"metrics": "match_rate"}, "metrics", ("unmatched", "deals")),
        ({"metrics": "deals,amount"}, "metrics", ("one metric",)),
        ({"metrics": "visits", "by": "manager", "key": "a"}, "by", ("manager",)),
        ({"metrics": "cost", "filter": "hour:is:09"}, "filter", ("hour",)),
        ({"metrics": "deals", "by": "source"}, "key", ("1",)),
        ({"metrics": "deals", "by": "day", "key": "today"}, "key", ("today",)),
        ({"metrics": "deals", "models": "all"}, "models", ("model",)),
        ({"metrics": "deals", "offset": "-1"}, "offset", ()),
    ],
)
def test_rows_of_what_has_none_are_refused(
    server: ServerProcess, shop: Player, asked: dict[str, Any], field: str, named: tuple[str, ...]
) -> None:
    headers = {"Access-Token": shop.token, "Accept-Language": "en"}
    refused = server.http.get("/api/reports/rows", params={**NOVEMBER, **asked}, headers=headers)
    assert refused.status_code == 400
    assert f"{field}: " in refused.text
    assert all(word in refused.text for word in named), refused.text


def test_a_segment_adds_its_filters(
    server: ServerProcess, served: Stage, shop: Player, stranger: Player, beside: Terminal
) -> None:
    site = str(shop.site.id)
    beside.done("segment", "add", site, "Наши", "--filter", "source:is:google", "--filter", "manager:empty")
    assert answered(server, shop, metrics="deals", segment="Наши")["total"]["values"] == {"deals": 1}
    assert ask(server, stranger, metrics="deals", segment="Наши").status_code == 400
    beside.done("segment", "add", site, "Городские", "--filter", "field:city:filled")
    assert answered(server, shop, metrics="deals", segment="Городские")["total"]["values"] == {"deals": 0}
    beside.done("segment", "remove", site, "Наши")
    assert ask(server, shop, metrics="deals", segment="Наши").status_code == 400


def test_the_command_prints_the_same(server: ServerProcess, shop: Player, beside: Terminal) -> None:
    for sent, options in (
        ({"by": "source,day", "metrics": "deals,amount,romi", "model": "5", "sort": "-day"},
         ("--by", "source,day", "--metrics", "deals,amount,romi", "--model", "5", "--sort=-day")),
        ({"metrics": "deals", "models": "all", "compare": "weekdays", "filter": ["source:is:google", "manager:empty"]},
         ("--metrics", "deals", "--model", "all", "--compare", "weekdays", "--filter", "source:is:google",
          "--filter", "manager:empty")),
        ({"by": "source", "metrics": "deals,visits", "compare": "previous", "sort": "change:visits", "limit": "2"},
         ("--by", "source", "--metrics", "deals,visits", "--compare", "previous", "--sort=change:visits",
          "--limit", "2")),
    ):  # fmt: skip
        days = ("--from", NOVEMBER["from"], "--to", NOVEMBER["to"])
        printed = beside.json("report", "--site", str(shop.site.id), *days, *options)
        assert printed == answered(server, shop, **sent)


def test_only_the_site_of_a_token_is_seen(server: ServerProcess, shop: Player, stranger: Player) -> None:
    assert answered(server, stranger, by="source", metrics="deals,visits,cost")["rows"] == []
    for token in ("", "x"):
        refused = server.http.get("/api/reports", params={"metrics": "deals"}, headers={"Access-Token": token})
        assert (refused.status_code, refused.json()["errorCode"]) == (403, "10020")
    assert server.http.post("/api/reports").status_code == 405


def test_a_report_costs_a_point_and_nothing_when_refused(server: ServerProcess, served: Stage) -> None:
    player = served.open_site(points_per_day=7, point_costs={"report": 2})
    assert ask(server, player, metrics="x").status_code == 400
    for path in ("/api/reports", "/api/reports.csv", "/api/reports/rows"):
        assert ask(server, player, path, metrics="deals").status_code == 200
    assert ask(server, player, "/api/reports.xlsx", metrics="deals").status_code == 429


def test_a_pivot_has_the_first_metric_by_rows_and_columns(server: ServerProcess, shop: Player) -> None:
    asked = {"by": "source", "metrics": "amount,deals", "pivot": "day", "model": "1"}
    answer = answered(server, shop, **asked)
    assert answer["by"] == ["source"]
    assert answer["metrics"] == ["amount"]
    assert answer["pivot"] == "day"
    assert answer["columns"] == ["2024-11-10", "2024-11-11"]
    assert answer["columnsTotal"] == 2
    assert answer["rows"] == [
        {"keys": ["google"], "values": {"amount": "150.01"}, "cells": ["150.01", "0.00"]},
        {"keys": [None], "values": {"amount": "0.00"}, "cells": ["0.00", "0.00"]},
    ]
    assert answer["total"] == {"values": {"amount": "150.01"}, "cells": ["150.01", "0.00"]}
    plain = answered(server, shop, by="source", metrics="amount", model="1")
    assert [row["values"] for row in answer["rows"]] == [row["values"] for row in plain["rows"]]
    assert "pivot" not in plain


def test_a_pivot_is_compared_cell_by_cell_as_the_report_by_both(server: ServerProcess, shop: Player) -> None:
    days = {"first": "2024-11-11", "last": "2024-11-12", "compare": "previous"}
    asked = {"by": "source", "metrics": "deals", "model": "1", **days}
    answer = answered(server, shop, pivot="manager", **asked)
    both = answered(server, shop, **{**asked, "by": "source,manager"})
    found = {tuple(row["keys"]): row["compared"]["deals"] for row in both["rows"]}
    for row in answer["rows"]:
        cells = [found.get((row["keys"][0], column), 0) for column in answer["columns"]]
        assert row["comparedCells"] == cells
    plain = answered(server, shop, **asked)
    assert [row["compared"] for row in answer["rows"]] == [row["compared"] for row in plain["rows"]]
    assert sum(answer["total"]["comparedCells"]) == answer["total"]["compared"]["deals"] == 2
    lines = ask(server, shop, "/api/reports.csv", pivot="manager", **asked).text.splitlines()
    (headings,) = [line.split(",") for line in lines if line.startswith("source,")]
    endings = ("", " compared", " change", " change %")
    assert headings == [
        "source", *(f"{key or ''}{ending}" for key in (*answer["columns"], "# total") for ending in endings)
    ]  # fmt: skip
    (total,) = [line.split(",") for line in lines if line.startswith("# total")]
    sides = answer["total"]
    figures = [
        *zip(*(sides[name] for name in ("cells", "comparedCells", "changeCells", "changePercentCells")), strict=True),
        tuple(sides[side]["deals"] for side in ("values", "compared", "change", "changePercent")),
    ]
    assert list(map(number, total[1:])) == [number(figure) for cell in figures for figure in cell]
    for value, before, change, percent in figures:
        assert change == value - before
        assert percent == ((value - before) / before * 100 if before else None)


def test_files_of_a_pivot_have_a_column_for_each_key(server: ServerProcess, shop: Player) -> None:
    asked = {"by": "source", "metrics": "deals", "pivot": "manager", "sort": "source"}
    lines = ask(server, shop, "/api/reports.csv", **asked).text.splitlines()
    rows = list(csv.reader(line for line in lines if not line.startswith("# ") or line.startswith("# total")))
    answer = answered(server, shop, **asked)
    assert rows[0] == ["source", *(key or "" for key in answer["columns"]), "# total"]
    assert [row[0] for row in rows[1:]] == [*(row["keys"][0] or "" for row in answer["rows"]), "# total"]
    figures = [[*row["cells"], row["values"]["deals"]] for row in (*answer["rows"], answer["total"])]
    assert [row[1:] for row in rows[1:]] == [[str(figure) for figure in row] for row in figures]
    book = CalamineWorkbook.from_filelike(io.BytesIO(ask(server, shop, "/api/reports.xlsx", **asked).content))
    table = book.get_sheet_by_index(0).to_python()
    assert len(table) == len(rows)
    assert table[-1][-1] == answer["total"]["values"]["deals"]


@pytest.mark.parametrize("wrong", [{"pivot": "source"}, {"pivot": "nonsense"}, {"by": None}, {"models": "all"}])
def test_a_pivot_that_cannot_be_asked_is_refused(server: ServerProcess, shop: Player, wrong: dict[str, str]) -> None:
    refused = ask(server, shop, **{"by": "source", "metrics": "deals", "pivot": "day", **wrong})
    assert refused.status_code == 400
    assert "pivot" in refused.text


def test_a_value_that_does_not_exist_is_refused_with_those_there_are(server: ServerProcess, shop: Player) -> None:
    refused = ask(server, shop, metrics="deals", filter="lead_kind:is:calls")
    assert refused.status_code == 400
    assert "есть: call, request" in refused.text
    assert ask(server, shop, metrics="deals", filter="lead_kind:is:call").status_code == 200


@pytest.mark.parametrize("path", ["/api/reports", "/api/reports.csv", "/api/reports.xlsx", "/api/reports/rows"])
def test_what_would_be_ignored_is_refused_by_name(server: ServerProcess, owner: Player, path: str) -> None:
    repeated = [(name, value) for name, values in (("metrics", "ab"), ("by", "cd"), ("key", "ef")) for value in values]
    headers = {"Access-Token": owner.token, "Accept-Language": "en"}
    answer = server.http.get(path, params=[*repeated, ("compar", "year"), ("x", "")], headers=headers)
    assert answer.status_code == 400
    violations = answer.json()["data"]["validationErrorData"]["violations"]
    refused = {each["field"]: each["message"] for each in violations}
    assert refused.keys() == {"metrics", "by", "compar", "x"} | ({"key"} if not path.endswith("rows") else set())
    assert "more than once" in refused["by"] == refused["metrics"]
    assert "Did you mean compare?" in refused["compar"]
    assert "Parameters: by, metrics, period" in refused["x"]


@pytest.mark.parametrize(("sent", "field"), [("&metrics=%FF", "metrics"), ("&x=%FF", "x")])
def test_what_would_be_ignored_is_refused_also_if_it_cannot_be_read(
    server: ServerProcess, owner: Player, sent: str, field: str
) -> None:
    answer = server.http.get(f"/api/reports?metrics=deals{sent}", headers={"Access-Token": owner.token})
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["data"]["validationErrorData"]["violations"]] == [field]


@pytest.mark.parametrize(("language", "headings"), [("ru", ["Источник", "Сделки"]), ("en-GB", ["Source", "Deals"])])
@pytest.mark.parametrize("pivot", [{}, {"pivot": "medium"}])
def test_a_workbook_is_in_the_language_of_who_takes_it(
    server: ServerProcess, shop: Player, language: str, headings: list[str], pivot: dict[str, str]
) -> None:
    asked = {**NOVEMBER, "by": "source", "metrics": "deals", **pivot}
    headers = {"Access-Token": shop.token, "Accept-Language": language}
    answer = server.http.get("/api/reports.xlsx", params=asked, headers=headers)
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    first, *_ = workbook.get_sheet_by_index(0).to_python()
    assert first[: len(headings) - bool(pivot)] == headings[: len(headings) - bool(pivot)]
    assert ("Вопрос" in workbook.sheet_names) is (language == "ru")
