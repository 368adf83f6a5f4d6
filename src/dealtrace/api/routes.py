"""Every endpoint of our own JSON API."""

from http import HTTPStatus

from dealtrace.accounts.token import TOKEN_LENGTH_MAX
from dealtrace.answers.report import ReportAnswer
from dealtrace.answers.rows_behind import RowsAnswer
from dealtrace.api import explanation, token
from dealtrace.api.report_parameters import REPORT, ROWS
from dealtrace.api.reports import respond, respond_with, respond_with_rows
from dealtrace.errors import DealNotFound
from dealtrace.files.row_writers import CONTENT_TYPES, CSV, XLSX
from dealtrace.http.endpoint import AuthScheme, Endpoint, Example
from dealtrace.http.parameter_table import Parameter
from dealtrace.http.parameter_types import Text
from dealtrace.reports.refusals import MirrorBusy, ReportNotKept, ReportsBusy, ReportTooSlow, ServerStopping

BY_TOKEN = AuthScheme(
    Parameter(
        "Access-Token",
        Text(TOKEN_LENGTH_MAX),
        "Токен доступа к API.",
        "The token for access to the API.",
        required=True,
        is_token=True,
    ),
    is_header=True,
)
_OF_REPORTS = (ReportsBusy, ReportTooSlow, MirrorBusy, ReportNotKept, ServerStopping)
_FILES = {
    CSV: """HTTP/1.1 200 OK
content-type: text/csv;charset=UTF-8
content-disposition: attachment; filename="report-1-2026-11-01-2026-11-28.csv"

# from,2026-11-01
# to,2026-11-28
# compare,previous
# compared from,2026-10-04
# compared to,2026-10-31
# by,source
# metrics,deals
# model,1
# date,deal
# rows,1 / 1
source,deals,deals compared,deals change,deals change %
yandex,12,10,2,20.000000
# total,12,10,2,20.000000
""",
    XLSX: """HTTP/1.1 200 OK
content-type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
content-disposition: attachment; filename="report-1-2026-11-01-2026-11-28.xlsx"

PK…
""",
}
"""Example answers with a report as a file; the contents of the XLSX file are cut short, since they are binary."""
_FIGURES = {
    "values": {"deals": 12, "amount": "1200.00"},
    "compared": {"deals": 10, "amount": "900.00"},
    "change": {"deals": 2, "amount": "300.00"},
    "changePercent": {"deals": 20.0, "amount": 33.333333},
}
_REPORT = {
    "from": "2026-11-01",
    "to": "2026-11-28",
    "model": 1,
    "by": ["source"],
    "metrics": ["deals", "amount"],
    "rows": [{"keys": ["yandex"], **_FIGURES}],
    "rowsTotal": 1,
    "addsUp": True,
    "total": _FIGURES,
    "comparedFrom": "2026-10-04",
    "comparedTo": "2026-10-31",
}
_ROWS = {
    "kind": "deal",
    "total": 1,
    "rows": [{"id": 1000001000, "share": "1.000000", "amount": "1200.00"}],
    "sum": {"deals": 1, "amount": "1200.00"},
}

ENDPOINTS = (
    Endpoint(
        "/api/token",
        ("GET",),
        token.TABLE,
        token.respond,
        "Узнать, к какому кабинету даёт доступ токен",
        "Get the site that a token gives access to",
        BY_TOKEN,
        is_shown_with_slash=False,
        answer=token.OpenedSite,
        example=Example(
            answer={
                "siteId": 1,
                "name": "Shop",
                "timezone": "Europe/Moscow",
                "contactMatching": False,
                "attribution": 1,
                "counter": "k3v9x0aq",
                "customFields": ["margin"],
                "pointsPerDay": 0,
                "pointsSpentToday": 12,
            }
        ),
    ),
    Endpoint(
        f"/api/deals/{{{explanation.DEAL}}}/explanation",
        ("GET",),
        explanation.TABLE,
        explanation.respond,
        "Объяснить, почему у сделки этот лид или нет лида",
        "Explain why a deal has its lead, or has no lead",
        BY_TOKEN,
        statuses={DealNotFound: HTTPStatus.NOT_FOUND},
        is_shown_with_slash=False,
        answer=explanation.DealExplanation,
        refusals=(DealNotFound,),
        example=Example(path={explanation.DEAL: "1000001000"}),
    ),
    Endpoint(
        "/api/reports",
        ("GET",),
        REPORT,
        respond,
        "Отчёт о результатах рекламы",
        "A report on the results of advertising",
        BY_TOKEN,
        is_shown_with_slash=False,
        answer=ReportAnswer,
        refusals=_OF_REPORTS,
        example=Example(
            {"by": "source", "metrics": "deals,amount", "period": "28d", "compare": "previous"}, answer=_REPORT
        ),
    ),
    *(
        Endpoint(
            f"/api/reports{extension}",
            ("GET",),
            REPORT,
            respond_with(extension),
            f"Отчёт файлом {extension[1:].upper()}, со всеми строками и параметрами отчёта",
            f"A report as {extension[1:].upper()}, with all rows and the report's parameters",
            BY_TOKEN,
            name=f"reports-{extension[1:]}",
            is_shown_with_slash=False,
            answer=str,
            answer_type=CONTENT_TYPES[extension].partition(";")[0],
            refusals=_OF_REPORTS,
            example=Example(
                {"by": "source", "metrics": "deals", "period": "28d", "compare": "previous"},
                raw_answer=_FILES[extension],
            ),
        )
        for extension in (CSV, XLSX)
    ),
    Endpoint(
        "/api/reports/rows",
        ("GET",),
        ROWS,
        respond_with_rows,
        "Строки, по которым посчитана цифра отчёта",
        "The rows behind a figure of a report",
        BY_TOKEN,
        name="report-rows",
        is_shown_with_slash=False,
        answer=RowsAnswer,
        refusals=_OF_REPORTS,
        example=Example({"by": "source", "metrics": "amount", "period": "28d", "key": "yandex"}, answer=_ROWS),
    ),
)
