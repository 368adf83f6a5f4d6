"""The overview of a site: six figures, a chart, current problems, sources by income, and unmatched deals by reason."""

from asyncio import gather
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import DIRECT
from dealtrace.cabinet.carried_parameters import carried_query
from dealtrace.cabinet.deals.labels import CURED_IN_CRM
from dealtrace.cabinet.formats import clock_time_in_zone, number
from dealtrace.cabinet.labels import labelled_text, unknown_choice
from dealtrace.cabinet.leads.missed_calls import count_missed, missed_label
from dealtrace.cabinet.notes.axis import AxisNotes, axis_notes, read_axis
from dealtrace.cabinet.notes.explained_falls import fall_notes
from dealtrace.cabinet.overview.checklist import ChecklistStep, checklist_of
from dealtrace.cabinet.overview.figures import FIGURES, HIDDEN, NO_RATE, SOURCES_METRICS, SOURCES_ORDER, figures_of
from dealtrace.cabinet.overview.missing import missing_data_texts
from dealtrace.cabinet.overview.problems import ProblemText, omitted_text, problem_texts
from dealtrace.cabinet.overview.sharp_fall_sentences import fall_texts
from dealtrace.cabinet.reports.change_texts import compared_until, costs_note
from dealtrace.cabinet.reports.form_fields import Choices, choices_of
from dealtrace.cabinet.reports.key_cells import key_label
from dealtrace.cabinet.reports.no_source import no_source_note
from dealtrace.cabinet.reports.open_deals import open_deals_note
from dealtrace.cabinet.reports.page import read_context_of
from dealtrace.cabinet.reports.report_url import ReportUrl, report_url_of
from dealtrace.cabinet.reports.table import table_of, unsortable
from dealtrace.cabinet.reports.time_chart import has_line, over_time, time_line, undrawn_message
from dealtrace.cabinet.reports.tree.open_rows import tree_url
from dealtrace.cabinet.reports.without_contacts import for_person, rows_page_for, table_for_readers
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters
from dealtrace.matching.match_reason import UNMATCHED_REASONS
from dealtrace.operations.overview.backups import find_old_backup
from dealtrace.operations.overview.find_missing_data import MissingData, find_missing_data, list_metric_gaps
from dealtrace.operations.overview.find_open_deals import OpenDeals, find_open_deals
from dealtrace.operations.overview.find_sharp_falls import FallsOfDays, list_falls
from dealtrace.operations.overview.problems import WATCHED_DAYS, Problem, ProblemKind, list_problems, watched_period
from dealtrace.operations.overview.unclassified import find_unclassified_deals
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.operations.reports.find_known_costs import with_known_costs
from dealtrace.operations.reports.split_no_source import NoSource, split_no_source
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import METRICS, Metric
from dealtrace.reports.periods import DEFAULT_PRESET, Comparison, Period
from dealtrace.reports.question import ALL_MODELS, DateOf, Question, QuestionContext, RawQuestion, Sort
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.reading.gaps import Gap
from dealtrace.reports.reading.narrowing import narrowed_filters
from dealtrace.reports.statuses import Status, unclassified_keys
from dealtrace.storage.reports.arrivals import Arrivals, find_arrivals
from dealtrace.storage.reports.currency_rates import list_sums_without_rate
from dealtrace.storage.reports.statuses import list_statuses

NEW_SITE_PRESET = "today"
SOURCES_SHOWN = 15


@record
class OverviewReports:
    """The reports of the overview, and the site's current problems.

    `gaps` are the gaps in the data of the period shown, and `missing` is the data that is missing at present.
    `without_rate` is the number of recent deals in currencies without a rate.
    """

    figures: Report
    line: Report | None
    sources: Report
    unmatched: Report
    missing: MissingData
    gaps: Sequence[tuple[Metric, Gap]]
    unclassified: Problem | None
    without_rate: int
    still_open: OpenDeals | None
    no_source: NoSource | None
    falls: Sequence[FallsOfDays]


@record
class _Page:
    """The data of the overview besides its reports; `drawn` is the name of the metric in the chart.

    `url` is the URL of the overview, and `asked` the same URL with default values for the parameters that `url` lacks.
    `compared_until` is the result of the function of this name. `as_of` is the time of the figures. `missed` is the
    number of missed calls that somebody should return, empty if the person may not see them. `watched` are the days
    that are searched for current problems.
    """

    url: ReportUrl
    asked: ReportUrl
    compared_until: str
    as_of: str
    choices: Choices
    drawn: str
    notes: AxisNotes
    missed: str
    watched: Period


async def show(view: View) -> Response:
    """Show the overview; for a site without deals, the steps to connect it come first."""
    url = report_url_of(f"/cabinet/{view.current_site.id}/", view.request.query_params, is_compared=True)
    now = clock.now()
    context, arrivals, statuses = await view.read(_read, view.current_site, now, view.rights.user.id)
    context, url = for_person(view, context, url)
    usual = _usual(arrivals)
    try:
        question = parse_question(_raw_question(url, usual), context)
        _check_chart(url)
    except InvalidParameters as refusal:
        return _refused(
            view, url, refusal, choices_of(url, usual, context, view.language, is_whole=view.may_see_contacts)
        )
    drawn = url.get("chart") or "amount"
    answers, problems, missed = await gather(
        view.ask(_ask, question, drawn, statuses, now),
        view.read(_list_problems, view.current_site, now, view.services.backup_days_max),
        view.read(_count_missed, view.current_site, view.role, now),
    )  # concurrently: the problems of a large site take as long as a report
    axis = await view.read(read_axis, view.current_site, question.period)
    notes = axis_notes(axis, answers.gaps, view)
    choices = choices_of(url, usual, context, view.language, is_whole=view.may_see_contacts)
    until = compared_until(question, view.current_site, now, view.language)
    as_of = clock_time_in_zone(view.language, now, view.current_site.time_zone)
    watched = watched_period(view.current_site, now)
    page = _Page(url, url.written_out(usual), until, as_of, choices, drawn, notes, missed_label(missed), watched)
    hidden = [answers.unclassified] if answers.unclassified is not None else []
    texts = problem_texts([*problems, *hidden, *await _lacking_rates(view, answers.without_rate, watched)], view)
    return _shown(view, page, answers, checklist_of(arrivals, view), texts)


def _check_chart(url: ReportUrl) -> None:
    """Check the parameters of the URL that are not part of the question.

    Raises:
        InvalidParameters: the chart is of a metric that the overview does not show, or `models` is not “all models”.
    """
    known = {"chart": ("", *FIGURES), "models": ("", ALL_MODELS)}
    violations = [unknown_choice(name, url.get(name)) for name, values in known.items() if url.get(name) not in values]
    if violations:
        raise InvalidParameters(violations)


def _refused(view: View, url: ReportUrl, refusal: InvalidParameters, choices: Choices) -> Response:
    """Return the overview without figures: the form as it was filled in, and why it is refused."""
    fault = labelled_text(refusal, view.language, is_whole=view.may_see_contacts)
    return view.page(
        "overview/page.html",
        HTTPStatus.BAD_REQUEST,
        fault=fault,
        report_url=url,
        choices=choices,
        is_new=False,
        is_empty=False,
    )


async def _lacking_rates(view: View, count: int, watched: Period) -> list[Problem]:
    """Return a list with one problem if there are recent deals whose currencies have no rate, otherwise an empty list.

    The problem has the number of these deals, `count`, and their amounts by currency.
    """
    if not count:
        return []
    sums = await view.read(list_sums_without_rate, view.current_site, watched)
    named = ", ".join(
        f"{number(view.language, amount)}\u00a0{view.shown_name(currency.upper())}" for currency, amount in sums
    )
    return [Problem(ProblemKind.NO_RATE, named, count)]


def _omitted_text(figures: Report, watched: Period, view: View) -> ProblemText | None:
    """Return the warning that amounts exclude deals without a rate.

    The result is `None` if there are no such deals, or if one of the listed problems already mentions them.
    """
    count, question = _count_without_rate(figures), figures.question
    if not count or (question.period, question.filters) == (watched, ()):
        return None
    return omitted_text(count, view)


def _count_without_rate(report: Report) -> int:
    (values,) = report.total.values.values()
    return int(values[report.question.metrics.index(NO_RATE)] or 0)


def _find_recent_without_rate(source: FactSource, site: Site, figures: Report, watched: Period, now: datetime) -> int:
    """Return the number of recent deals in currencies without a rate, from `figures` if they cover the same deals."""
    question = figures.question
    if (question.period, question.filters, question.date_of) == (watched, (), DateOf.DEAL):
        return _count_without_rate(figures)
    recent = Question((), (NO_RATE,), watched, AttributionModel(site.attribution))
    return _count_without_rate(ask(source, site, recent, now))


def _usual(arrivals: Arrivals) -> dict[str, str]:
    period = DEFAULT_PRESET if arrivals.deals.first_at is not None else NEW_SITE_PRESET
    return {"period": period, "compare": Comparison.PREVIOUS}


def _raw_question(url: ReportUrl, usual: dict[str, str]) -> RawQuestion:
    asked = url.raw_question(**usual)
    return replace(
        asked, by="", metrics=",".join((*FIGURES, *(metric.name for metric in HIDDEN))), sort="", limit="", models=""
    )


def _read(
    connection: Connection, site: Site, now: datetime, user_id: int
) -> tuple[QuestionContext, Arrivals, list[Status]]:
    statuses = list_statuses(connection, site.id)
    return read_context_of(connection, site, now, user_id), find_arrivals(connection, site.id), statuses


def _list_problems(connection: Connection, site: Site, now: datetime, backup_days_max: int) -> list[Problem]:
    old_backup = find_old_backup(connection, now, backup_days_max)
    return [*list_problems(connection, site, now), *([old_backup] if old_backup is not None else [])]


def _count_missed(connection: Connection, site: Site, role: Role | None, now: datetime) -> int:
    return count_missed(connection, site, now) if role is not None and role.includes(Role.ANALYST) else 0


def _ask(
    source: FactSource, site: Site, question: Question, drawn: str, statuses: Sequence[Status], now: datetime
) -> OverviewReports:
    sources = tuple(METRICS[name] for name in SOURCES_METRICS)
    by_source = tuple(DIMENSIONS[name] for name in ("source", "medium"))
    unmatched = narrowed_filters(question.filters, DIMENSIONS["match_reason"], UNMATCHED_REASONS)
    assert unmatched is not None, "a filter by match reason can always be narrowed"
    figures = with_known_costs(source, site, ask(source, site, question, now), now)
    watched = watched_period(site, now)
    missing = find_missing_data(source, site, watched, now)
    by_money = replace(question, by=by_source, metrics=sources, limit=None, sort=_order_of_sources(figures))
    of_sources = replace(_first_sources(ask(source, site, by_money, now)), known_costs=figures.known_costs)
    return OverviewReports(
        figures,
        ask(source, site, over_time(question, METRICS[drawn]), now) if has_line(question, METRICS[drawn]) else None,
        of_sources,
        ask(
            source,
            site,
            replace(
                question,
                by=(DIMENSIONS["match_reason"],),
                metrics=(METRICS["deals"], METRICS["amount"]),
                filters=unmatched,
            ),
            now,
        ),
        missing,
        missing.gaps if question.period == watched else list_metric_gaps(source, site, question.period, now),
        find_unclassified_deals(source, site, unclassified_keys(statuses), watched, now),
        _find_recent_without_rate(source, site, figures, watched, now),
        find_open_deals(source, site, figures, statuses, now),
        split_no_source(source, site, of_sources, now),
        list_falls(source, site, statuses, now),
    )


def _order_of_sources(figures: Report) -> Sort:
    """Return the order of the table of sources."""
    (values,) = figures.total.values.values()
    total = {metric.name: value for metric, value in zip(figures.question.metrics, values, strict=True)}
    return Sort(next((name for name in SOURCES_ORDER if total[name]), SOURCES_ORDER[0]), is_descending=True)


def _first_sources(report: Report) -> Report:
    """Return a report by source with only its first rows, the rows of direct visits, and the rows without a source."""
    rows = [
        row for place, row in enumerate(report.rows) if place < SOURCES_SHOWN or row.keys[0] in (None, DIRECT.source)
    ]
    return replace(report, question=replace(report.question, limit=SOURCES_SHOWN), rows=rows)


def _shown(
    view: View, page: _Page, answers: OverviewReports, checklist: Sequence[ChecklistStep], texts: Sequence[ProblemText]
) -> Response:
    url, notes = page.url, page.notes
    reports = page.asked.at(f"/cabinet/{view.current_site.id}/reports")
    rows = rows_page_for(view, answers.figures.question, url)
    language = view.language
    return view.page(
        "overview/page.html",
        fault="",
        report_url=url,
        choices=page.choices,
        period=answers.figures.question.period,
        compared_period=answers.figures.compared_period,
        figures=figures_of(answers.figures, url, rows, page.drawn, view),
        open_deals=open_deals_note(answers.still_open, view, url),
        no_source=no_source_note(answers.no_source, view, url),
        explained_falls=fall_notes(answers.figures, answers.gaps, view, key_label, reports.of_days),
        as_of=page.as_of,
        costs_note=costs_note(answers.figures, view),
        omitted=_omitted_text(answers.figures, page.watched, view),
        watched_days=WATCHED_DAYS,
        missed=page.missed,
        line=time_line(answers.line, reports, rows, language, notes) if answers.line is not None else None,
        undrawn=undrawn_message(answers.figures.question, METRICS[page.drawn], language, view.translate),
        **_tables(view, url, reports, answers),
        compared_until=page.compared_until,
        carried=carried_query(dict(page.asked.parameters)),
        checklist=checklist,
        may_issue_tokens=view.role is not None and view.role.includes(Role.OWNER),
        is_empty=_is_empty(checklist, answers.figures),
        is_new=any(not step.is_done and step.is_needed for step in checklist),
        problem_texts=[
            *texts,
            *fall_texts(answers.falls, answers.missing.gaps, reports.page, view),
            *missing_data_texts(answers.missing, reports, page.watched, view),
        ],
    )


def _tables(view: View, url: ReportUrl, reports: ReportUrl, answers: OverviewReports) -> dict[str, object]:
    """Return template variables with the tables of sources and of deals without a lead; their links go to `reports`."""
    rows = rows_page_for(view, answers.figures.question, url)
    by_source = reports.with_parameters(by="source,medium", metrics=",".join(SOURCES_METRICS))
    sources = table_of(answers.sources, by_source, rows, view.language, view.translate)
    unmatched_rows = rows_page_for(view, answers.figures.question, url, answers.unmatched.question)
    by_day = reports.with_parameters(by="day", metrics="deals,amount")
    unmatched = table_of(answers.unmatched, by_day, unmatched_rows, view.language, view.translate)
    return {
        "sources": sources if view.may_see_contacts else table_for_readers(sources, answers.sources.question.by),
        "sources_report": answers.sources,
        "sources_tree": tree_url(reports.with_parameters(models="", chart=""), answers.sources.question),
        "unmatched": unsortable(unmatched),
        "unmatched_report": answers.unmatched,
        "is_cured_in_crm": any(row.keys[0] in CURED_IN_CRM for row in answers.unmatched.rows),
    }


def _is_empty(checklist: Sequence[ChecklistStep], figures: Report) -> bool:
    """Return whether nothing has arrived yet and no cost is known, so that all figures would be zero."""
    return not any(step.is_done for step in checklist) and not any(*figures.total.values.values())
