"""The page of a report."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.rights import Role
from dealtrace.accounts.shared_link import DAYS_OFFERED
from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.model_labels import model_label, model_meaning
from dealtrace.cabinet.formats import clock_time_in_zone
from dealtrace.cabinet.labels import labelled_text
from dealtrace.cabinet.notes.axis import NO_NOTES, AxisNotes, axis_notes, read_axis
from dealtrace.cabinet.notes.explained_falls import fall_notes
from dealtrace.cabinet.reports.change_texts import compared_until, costs_note
from dealtrace.cabinet.reports.fitting_rows import fitting, fitting_pivot
from dealtrace.cabinet.reports.form_fields import choices_of, ready_links
from dealtrace.cabinet.reports.key_cells import key_label
from dealtrace.cabinet.reports.model_comparison import by_models, metric_under_models, model_metric_choices
from dealtrace.cabinet.reports.no_source import no_source_note
from dealtrace.cabinet.reports.open_deals import open_deals_note
from dealtrace.cabinet.reports.pivot import metric_choices, pivot_table
from dealtrace.cabinet.reports.report_url import DEFAULTS_WRITTEN_OUT, USUAL, ReportUrl, report_url_of, saved_report_url
from dealtrace.cabinet.reports.shared_period import shared_period
from dealtrace.cabinet.reports.source_drilldown import drilldown_levels, split_by_medium
from dealtrace.cabinet.reports.table import table_of
from dealtrace.cabinet.reports.time_chart import TimeLine, has_line, over_time, time_line, undrawn_message
from dealtrace.cabinet.reports.tree.levels import RowPath, levels_of
from dealtrace.cabinet.reports.tree.open_rows import (
    Branches,
    ask_branches,
    check_tree,
    is_tree,
    layout_choices,
    level_question,
    open_paths,
    with_closed_rows,
    without_tree,
)
from dealtrace.cabinet.reports.tree.tree_table import Tree, tree_table
from dealtrace.cabinet.reports.without_contacts import (
    for_person,
    models_for_readers,
    pivot_for_readers,
    rows_page_for,
    saved_url,
    table_for_readers,
)
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters, Language, text_in
from dealtrace.operations.overview.find_missing_data import list_metric_gaps
from dealtrace.operations.overview.find_open_deals import OpenDeals, find_open_deals
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.operations.reports.ask_pivot import ask_report_or_pivot
from dealtrace.operations.reports.read_question import read_question_context
from dealtrace.operations.reports.split_no_source import NoSource, split_no_source
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.metrics import Metric
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.question import Question, QuestionContext
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.reading.gaps import Gap
from dealtrace.reports.reading.masking import masked_names
from dealtrace.reports.reading.open_deals import asks_for_income
from dealtrace.reports.reading.overlap import overlap_text, undivided_text
from dealtrace.reports.saved_items.saved_reports import SavedReport
from dealtrace.reports.statuses import Status
from dealtrace.storage.reports.saved_items.saved_reports import list_saved_reports
from dealtrace.storage.reports.statuses import list_statuses

ASKED = ("by", "pivot", "metrics", "segment", "sort", "date", "chart", "tree")
"""The parameters that ask for a report; if a URL has none of these and no filter, the form is shown open."""
TEMPLATE = "reports/page.html"


@record
class PageReports:
    """The reports of the page: the rows, the pivot if there is one, and the first metric over time.

    With a pivot or with all models, `report` has only one metric. `line`, the report that the chart draws, is `None`
    if there is no chart. With `branches`, the report is a tree, and `report` has its first level.
    """

    question: Question
    report: Report
    pivot: Pivot | None
    line: Report | None
    branches: Branches | None = None


@record
class _ReportsAndNotes:
    """The reports of the page, and the notes beside them.

    `gaps` are days without data, found only if the page has a chart. `open_deals` is `None` unless income fell.
    `no_source` are the parts of the deals without a source; it is `None` unless the table has a row for these deals.
    """

    reports: PageReports
    gaps: Sequence[tuple[Metric, Gap]]
    open_deals: OpenDeals | None
    no_source: NoSource | None


async def show(view: View) -> Response:
    """Show the report of the URL; an invalid question is shown with error messages."""
    site, now = view.current_site, clock.now()
    url = report_url_of(f"/cabinet/{site.id}/reports", view.request.query_params)
    context, saved = await view.read(_read, site, now, view.rights.user.id)
    known, url = for_person(view, context, url)
    choices = choices_of(url, USUAL, known, view.language, is_whole=view.may_see_contacts)
    around = {
        "report_url": url,
        "choices": choices,
        "usual_metrics": USUAL["metrics"],
        "is_asked": any(url.get(name) for name in ASKED) or bool(url.filters),
        "saved": _saved(view, context, url, saved),
        "ready": ready_links(url, view.language),
        "mail_page": f"/cabinet/{site.id}/settings/mail-reports?{urlencode({'report': url.link()})}",
        "shared_period": shared_period(url, view.language, view.translate),
        **_rights(view),
    }
    try:
        question = parse_question(url.raw_question(**USUAL), known)
        check_tree(url)
    except InvalidParameters as refusal:
        fault = labelled_text(refusal, view.language, is_whole=view.may_see_contacts)
        return view.page(TEMPLATE, HTTPStatus.BAD_REQUEST, **{"fault": fault, "report": None, **around})
    statuses = await view.read(list_statuses, site.id) if asks_for_income(question) else ()
    paths = open_paths(url) if is_tree(url, question) else None
    answered = await view.ask(_ask, question, now, chart=url.get("chart"), statuses=statuses, paths=paths)
    axis = await view.read(read_axis, site, question.period)
    notes = axis_notes(axis, answered.gaps, view)
    variables = {
        "open_deals": open_deals_note(answered.open_deals, view, url),
        "no_source": no_source_note(answered.no_source, view, url),
        "explained_falls": fall_notes(answered.reports.report, answered.gaps, view, key_label, url.of_days),
        **around,
        **shown(answered.reports, url, notes, view, now),
    }
    return view.page(TEMPLATE, fault="", **variables)


def shown(answers: PageReports, url: ReportUrl, notes: AxisNotes, view: View, now: datetime) -> dict[str, object]:
    """Return the template variables of a report: its chart `line`, and either `table`, `models` or `pivot`."""
    rows = len(answers.report.rows)
    answers = fitting_answers(answers)
    report, language = answers.report, view.language
    is_by_models = report.question.model is None
    named = [(each.name, text_in(language, each)) for each in answers.question.metrics]
    metrics = answers.question.metrics
    has_medium = answers.branches is not None and len(levels_of(answers.question).listed[0]) > 1
    return {
        "report": report,
        "rows_shown": len(report.rows) if len(report.rows) < rows else 0,
        "model": model_said(report, language),
        "overlap": overlap_text(report.question, language),
        "undivided": undivided_text(report.question, language),
        "costs_note": costs_note(report, view),
        "compared_until": compared_until(report.question, view.current_site, now, language),
        **_tables(answers, url, view),
        "layouts": layout_choices(url, answers.question, view.translate("As a list"), view.translate("As a tree")),
        "by_medium": split_by_medium(answers.question, without_tree(url)) if not has_medium else "",
        "drilldown_levels": drilldown_levels(answers.question, without_tree(url), language),
        "metrics": model_metric_choices(url, metrics, report.question.metrics[0], language)
        if is_by_models
        else metric_choices(url, named),
        "line": time_line_of(answers, url, rows_page_for(view, answers.question, url), language, notes),
        "undrawn": undrawn_message(report.question, report.question.metrics[0], language, view.translate),
        "as_of": clock_time_in_zone(language, now, view.current_site.time_zone),
    }


def fitting_answers(answers: PageReports) -> PageReports:
    """Return the reports with as many rows as fit a page."""
    pivot = fitting_pivot(answers.pivot) if answers.pivot is not None else None
    report = answers.report
    cells = len(report.question.metrics) * len(report.total.values)
    return replace(answers, report=pivot.report if pivot is not None else fitting(report, cells), pivot=pivot)


def _tables(answers: PageReports, url: ReportUrl, view: View) -> dict[str, object]:
    """Return the template variables `table`, `models`, `pivot` and `tree`, all `None` but the one to show.

    Contacts are masked for people who may not see them.
    """
    report, pivot, by = answers.report, answers.pivot, answers.report.question.by
    around = (url, rows_page_for(view, answers.question, url), view.language, view.translate)
    is_whole = view.may_see_contacts
    tables: dict[str, object] = {"table": None, "models": None, "pivot": None, "tree": None}
    if answers.branches is not None:
        rows_page_of = partial(rows_page_for, view, answers.question, url)
        shown = shown_question(answers.question, "")
        tree = Tree(shown, report, answers.branches, url, rows_page_of, view.language, view.translate)
        tables["tree"] = tree_table(tree)
    elif pivot is not None:
        across = pivot_table(pivot, *around)
        tables["pivot"] = across if is_whole else pivot_for_readers(across, pivot)
    elif report.question.model is None:
        models = by_models(report, *around)
        tables["models"] = models if is_whole else models_for_readers(models, by)
    else:
        table = table_of(report, *around)
        tables["table"] = table if is_whole else table_for_readers(table, by)
    return tables


def time_line_of(
    answers: PageReports, url: ReportUrl | None, rows_page: str, language: Language, notes: AxisNotes = NO_NOTES
) -> TimeLine | None:
    """Return the report's chart, or `None` if the report has none.

    If the report shows all attribution models, the title of the chart names the model that the chart shows.
    """
    if answers.line is None:
        return None
    line, model = time_line(answers.line, url, rows_page, language, notes), answers.line.question.model
    if answers.question.model is not None or model is None:
        return line
    return replace(line, title=f"{line.title}: {model_label(model, language)}")


def model_said(report: Report, language: Language) -> tuple[str, str] | None:
    """Return the name of a report's model and its rule for crediting visits, or `None` if the report has all models."""
    model = report.question.model
    return (model_label(model, language), model_meaning(model, language)) if model is not None else None


def read_context_of(connection: Connection, site: Site, now: datetime, user_id: int | None = None) -> QuestionContext:
    """Return the names that a question may use at a site; with `user_id`, these include the segments of this user."""
    return read_question_context(connection, site, now, user_id=user_id, is_for_page=True)


def _ask(
    source: FactSource,
    site: Site,
    question: Question,
    now: datetime,
    *,
    chart: str,
    statuses: Sequence[Status],
    paths: Sequence[RowPath] | None,
) -> _ReportsAndNotes:
    """Return the reports and the notes beside them.

    The days without data are found only if the page has a chart, and the parts of deals without a source only if the
    table has a row without a source. `statuses` are the statuses of the site, needed only if the report has
    income. `paths` are the open rows of a tree, or `None` if the report is not a tree.
    """
    reports = ask_all(source, site, question, now, chart, paths)
    gaps = list_metric_gaps(source, site, question.period, now) if reports.line is not None else ()
    open_deals = find_open_deals(source, site, reports.report, statuses, now)
    no_source = split_no_source(source, site, reports.report, now) if reports.pivot is None else None
    return _ReportsAndNotes(reports, gaps, open_deals, no_source)


def ask_all(
    source: FactSource,
    site: Site,
    question: Question,
    now: datetime,
    chart: str = "",
    paths: Sequence[RowPath] | None = None,
) -> PageReports:
    """Return the reports of the page: the rows, the pivot if there is one, and the first metric over time.

    If the question asks for all models, the table and the chart show one metric, which `metric_under_models` chooses
    (`chart` if possible), and the chart uses the model in the site's settings. With `paths`, the report is a tree with
    these open rows.
    """
    shown = shown_question(question, chart)
    drawn = shown.metrics[0]
    over_days = question if question.model is not None else replace(question, model=AttributionModel(site.attribution))
    asked = level_question(shown, ()) if paths is not None else shown
    answered = ask_report_or_pivot(source, site, asked, now)
    pivot = answered if isinstance(answered, Pivot) else None
    report = answered.report if isinstance(answered, Pivot) else answered
    branches = ask_branches(source, site, shown, report, paths, now) if paths is not None else None
    line = ask(source, site, over_time(over_days, drawn), now) if has_line(question, drawn) else None
    return PageReports(question, report, pivot, line, branches)


def shown_question(question: Question, chart: str) -> Question:
    """Return the question that the table on the page answers; downloaded files of the report have the same table.

    If the table compares all models, the question has a single metric, which `metric_under_models` chooses. The table
    also has rows for hours, days, weeks or months without data.
    """
    shown = replace(question, shows_empty_times=True)
    if question.model is not None:
        return shown
    metric = metric_under_models(question.metrics, chart)
    return replace(shown, metrics=(metric,), sort=question.sort_of(metric))


def _read(connection: Connection, site: Site, now: datetime, user_id: int) -> tuple[QuestionContext, list[SavedReport]]:
    return read_context_of(connection, site, now, user_id), list_saved_reports(connection, site.id, user_id)


def _saved(
    view: View, known: QuestionContext, url: ReportUrl, reports: Sequence[SavedReport]
) -> list[tuple[str, str, bool]]:
    """Return the name and URL of each saved report, and whether the page shows this report; see `saved_url`."""
    here = with_closed_rows(url).written_out(DEFAULTS_WRITTEN_OUT)
    own = masked_names(known).segments
    is_shared = url.get("segment") not in {own.get(name, name) for name in known.own_segments}
    here = here.with_sites_segment() if is_shared else here
    urls = [saved_url(view, known, saved_report_url(url.page, each)) for each in reports]
    return [
        (
            view.shown_name(each.name),
            saved.link() if saved is not None else "",
            saved is not None and (saved.with_sites_segment() if is_shared else saved).query == here.query,
        )
        for each, saved in zip(reports, urls, strict=True)
    ]


def _rights(view: View) -> dict[str, object]:
    """Return template variables with the person's rights: whether they may share reports and change saved ones."""
    role = view.role or Role.READER
    return {"may_share": role.includes(Role.OWNER), "may_change": role.includes(Role.ANALYST), "days": DAYS_OFFERED}
