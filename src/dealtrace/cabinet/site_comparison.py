"""The first page after logging in: it compares the person's sites, or redirects to their only site."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.rights import Rights
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.choices import period_choices
from dealtrace.cabinet.formats import clock_time, metric_value
from dealtrace.cabinet.gate import LANGUAGE_COOKIE
from dealtrace.cabinet.labels import labelled_text, page_text, unknown_choice
from dealtrace.cabinet.overview.figures import FIGURES
from dealtrace.cabinet.reports.change_texts import FigureChange, figure_note
from dealtrace.cabinet.reports.table import rows_url, total_change
from dealtrace.cabinet.sent_forms import HOME
from dealtrace.cabinet.view import View, redirect
from dealtrace.errors import LANGUAGES, InvalidParameters, Refusal
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import DEFAULT_PRESET, MONTHLY_PRESETS, PRESETS, Comparison, Period
from dealtrace.reports.question import Question, QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.whole_number import parse_whole_number

YEAR_SECONDS = 365 * 24 * 3600
SITES_A_PAGE = 20
"""Ours: the maximum number of sites on the page that compares them, since each of them needs a report."""


@record
class SiteFigure:
    """A figure of a site as a string, the URL of the rows behind it, and its change since the period before.

    `note` says why the figure is unknown, or that a price is zero because there are no costs.
    """

    text: str
    url: str
    change: FigureChange | None
    note: str


@record
class SiteLine:
    """A site, the URL of its overview with the same period and comparison, and its figures as of the time `as_of`.

    `period` is in the time zone of the site. `figures` is empty if the report failed; `fault` then has the reason.
    """

    site: Site
    url: str
    period: Period
    as_of: str
    figures: tuple[SiteFigure, ...]
    fault: str


async def show(view: View) -> Response:
    """Redirect to the site if the person has only one, else compare the sites of the person."""
    sites = await view.read(list_own_sites, view.rights)
    if len(sites) == 1:
        return view.redirect_to(f"/{sites[0].id}/")
    query = view.request.query_params
    preset = query.get("period") or DEFAULT_PRESET
    fault = labelled_text(refusal, view.language) if (refusal := _check_preset(preset)) is not None else ""
    page = parse_whole_number(query.get("page", "1"), len(sites)) or 1
    first = (page - 1) * SITES_A_PAGE
    lines = [await _line(view, site, preset) for site in sites[first : first + SITES_A_PAGE]] if not fault else []
    language = view.language
    view.site = None
    return view.page(
        "site_comparison.html",
        HTTPStatus.BAD_REQUEST if fault else HTTPStatus.OK,
        fault=fault,
        lines=lines,
        figures=[METRICS[name] for name in FIGURES],
        figures_count=len(FIGURES),
        periods=period_choices(preset, language),
        has_sites=bool(sites),
        earlier=_page_url(preset, page - 1) if first else "",
        later=_page_url(preset, page + 1) if len(sites) > first + SITES_A_PAGE else "",
    )


def _check_preset(preset: str) -> InvalidParameters | None:
    """Return the refusal of a period over which sites cannot be compared, or `None` if they can."""
    if preset in PRESETS:
        return None
    return InvalidParameters([unknown_choice("period", preset)])


def _page_url(preset: str, page: int) -> str:
    return f"/cabinet/?{urlencode({'period': preset, 'page': page})}"


async def _line(view: View, site: Site, preset: str) -> SiteLine:
    """Return a site with its figures or, if its report is refused, with the reason."""
    view.site, now = site, clock.now()
    question = _question(site, preset, now)
    url = f"/cabinet/{site.id}/?{urlencode({'period': preset, 'compare': _comparison(preset)})}"
    try:
        report = await view.ask(_ask, question, now)
    except Refusal as refusal:
        return SiteLine(site, url, question.period, "", (), page_text(refusal, view.language))
    as_of = clock_time(view.language, now, site.time_zone)
    return SiteLine(site, url, question.period, as_of, tuple(_figures(report, site, view)), "")


def _question(site: Site, preset: str, now: datetime) -> Question:
    context = QuestionContext(site_day(now, site.time_zone), AttributionModel(site.attribution))
    raw = RawQuestion(metrics=",".join(FIGURES), period=preset, compare=_comparison(preset))
    return parse_question(raw, context)


def _comparison(preset: str) -> Comparison:
    return Comparison.MONTHS if preset in MONTHLY_PRESETS else Comparison.PREVIOUS


def _ask(source: FactSource, site: Site, question: Question, now: datetime) -> Report:
    return ask(source, site, question, now)


def _figures(report: Report, site: Site, view: View) -> Sequence[SiteFigure]:
    (model,) = report.total.values
    page = f"/cabinet/{site.id}/reports/rows"
    return [
        SiteFigure(
            metric_value(view.language, metric, value),
            rows_url(page, report.question, metric, model, ()) if value else "",
            total_change(report, place, model, page, view.language),
            figure_note(report, metric, value, view.translate),
        )
        for place, (metric, value) in enumerate(zip(report.question.metrics, report.total.values[model], strict=True))
    ]


def list_own_sites(connection: Connection, person: Rights) -> list[Site]:
    """List the sites at which a person has a role."""
    return [site for site in list_sites(connection) if person.role_at(site.id) is not None]


async def choose_language(view: View) -> Response:
    """Store the chosen language in a cookie, and redirect to the page the person came from."""
    language = view.form.get("language")
    back = view.form.get("back")
    page = redirect(back if _is_path(back) else HOME)
    if language in LANGUAGES:
        page.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_SECONDS, path="/", httponly=True, samesite="lax")
    return page


def _is_path(text: str) -> bool:
    return (text.startswith(("/cabinet/", "/docs/", "/docs?")) or text == "/docs") and "\\" not in text
