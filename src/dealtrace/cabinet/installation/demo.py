"""The demo: fill a site with a year of made-up data in the background, show the progress, and remove the demo."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.cabinet.choices import SelectOption
from dealtrace.cabinet.form_pages import DONE, Faults, number_of
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.labels import page_text
from dealtrace.cabinet.view import View
from dealtrace.demo.refusals import DemoExists, DemoMissing, SiteInUse, SiteNotEmpty, SiteUnfit
from dealtrace.demo.rhythm import DAYS
from dealtrace.errors import SiteNotFound
from dealtrace.operations.demo.begin import BegunDemo, begin_given_site, begin_own_site
from dealtrace.operations.demo.fill import DemoSize, run_demo
from dealtrace.operations.demo.mark import Demo, list_demos
from dealtrace.operations.demo.remove import remove_demo
from dealtrace.operations.work import AccountWork, ids_taken_by, takes_ids
from dealtrace.record import record
from dealtrace.runtime.background_runs import Lane, Steps
from dealtrace.storage.accounts.sites import list_sites
from dealtrace.storage.database.engine import Database
from dealtrace.storage.visits.visits import find_last_visit

OWN_SITE = ""
"""The form value for a new site; other values are the ids of sites."""
_PARTS = {
    "1": "everything, which takes a minute or more",
    "0.1": "a tenth of the data, which takes a few seconds",
    "0.02": "very little, for a quick look",
}
"""How much data to make: fractions of a whole demo as form values, with the words for each."""


@record
class DemoLine:
    """A demo, the number of its stored records, and the number of filled days among the `days_all` days of its year."""

    demo: Demo
    records: int
    days: int
    days_all: int
    is_finished: bool


async def show(view: View) -> Response:
    """Show the demos with their progress, and the form for a new one."""
    return await _page(view)


async def create(view: View) -> Response:
    """Begin a demo and fill it in the background; the token of a new site is shown only once."""
    at, part = view.form.get("site"), view.form.get("part")
    if part not in _PARTS:
        return await _page(view, {"part": view.translate("Choose how much data to make.")}, at=at)
    try:
        begun = await view.manage(_begin, number_of(at) if at != OWN_SITE else None)
    except SiteNotFound:
        return not_found_page(view)
    except (DemoExists, SiteNotEmpty, SiteUnfit) as refusal:
        return await _page(view, {"site": page_text(refusal, view.language)}, at=at)
    run = partial(_fill, view.services.database, begun, DemoSize(part=float(part)))
    view.services.background_runs.start(Lane.DEMO, begun.site.id, run)
    if begun.secret is None:
        return view.redirect_to("/demo")
    return await _page(view, secret=begun.secret)


async def remove(view: View) -> Response:
    """Remove a demo with all data of its site, and the site too if the demo created it.

    If other data was added to the site, nothing is removed unless the person confirmed that this data is removed, too.
    """
    site_id = number_of(view.form.get("site"))
    try:
        await view.manage(remove_demo, site_id, with_others=view.form.has("with_others"))
    except (SiteNotFound, DemoMissing):
        return not_found_page(view)
    except SiteInUse as refusal:
        return await _page(view, {"": page_text(refusal, view.language)})
    return view.redirect_to("/demo?done=removed")


async def _page(view: View, faults: Faults | None = None, *, at: str = OWN_SITE, secret: str = "") -> Response:
    sites, lines = await view.read(_read)
    done = DONE["removed"] if view.request.query_params.get("done") == "removed" and not faults else ""
    new = SelectOption(OWN_SITE, view.translate("a new site"), at == OWN_SITE)
    return view.page(
        "installation/demo.html",
        HTTPStatus.BAD_REQUEST if faults else HTTPStatus.OK,
        lines=lines,
        is_filling=not all(line.is_finished for line in lines),
        sites=[new, *(SelectOption(str(site.id), f"{site.id} {site.name}", at == str(site.id)) for site in sites)],
        parts=[
            SelectOption(part, view.translate(label), part == view.form.get("part")) for part, label in _PARTS.items()
        ],
        faults=faults or {},
        done=view.translate(done) if done else "",
        secret=secret,
    )


def _read(connection: Connection) -> tuple[Sequence[Site], list[DemoLine]]:
    return list_sites(connection), [_line(connection, demo) for demo in list_demos(connection)]


def _line(connection: Connection, demo: Demo) -> DemoLine:
    """Return a demo with its progress, computed from its last visit, since a demo stores its events day by day."""
    last, zone = find_last_visit(connection, demo.site.id), demo.site.time_zone
    is_finished = demo.progress.finished_at is not None
    left = (site_day(demo.progress.begun_at, zone) - site_day(last.started_at, zone)).days if last is not None else DAYS
    days = DAYS if is_finished else min(max(DAYS - left, 0), DAYS)
    return DemoLine(demo, demo.progress.taken_in, days, DAYS, is_finished)


@takes_ids(ids_taken_by(begin_own_site))
def _begin(work: AccountWork, site_id: int | None) -> BegunDemo:
    if site_id is None:
        return begin_own_site(work)
    return begin_given_site(work, site_id)


def _fill(database: Database, begun: BegunDemo, size: DemoSize, steps: Steps) -> None:
    """Fill the site of a demo until it is full or removed; if the server stops, the demo remains unfinished."""
    steps.next()
    with suppress(DemoMissing):
        run_demo(database, begun.site, size, begun.begun_at, lambda _stored, _total: steps.next(), steps.next)
