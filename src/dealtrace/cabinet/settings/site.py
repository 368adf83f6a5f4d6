"""The settings of a site: name, time zone, matching, model, unique and target leads, points and costs of requests."""

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import available_timezones

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.reports.choices import Choice, model_words
from dealtrace.cabinet.settings.page import Faults, fault_text, lead_back, show_settings, stored_site
from dealtrace.cabinet.settings.trial import TRIED_AS, Forecast, forecast
from dealtrace.cabinet.view import View
from dealtrace.http.endpoint import RateLimitClass
from dealtrace.operations.accounts.set_site import list_faults, set_site
from dealtrace.quota.points import PaidMethod, points_cost
from dealtrace.storage.accounts.points import find_points_spent

SWITCHES = ("contact_matching", "respects_do_not_track")
COST_PREFIX = "points_cost."


async def show(view: View) -> Response:
    """Show the settings as they are stored."""
    return await _page(view, values_of(await stored_site(view)))


async def save(view: View) -> Response:
    """Save the changes; if they would give deals other leads or sources, show the effect and ask for confirmation."""
    stored = values_of(await stored_site(view))
    sent = {key: _sent(view, key) for key in stored}
    changes = {key: text for key, text in sent.items() if text != stored[key]}
    faults = {str(fault.facts["key"]): fault_text(fault, view.language) for fault in list_faults(changes)}
    if faults:
        return await _page(view, sent, faults=faults)
    agreed = _agreement(changes)
    if agreed and view.form.get("agreed") != agreed:
        return await _page(view, sent, tried=await forecast(view, changes), agreed=agreed)
    await view.manage(_set, view.here.id, changes)
    return lead_back(view, "settings/site", "saved")


def values_of(site: Site) -> dict[str, str]:
    """Return the settings of a site as texts, by the keys of `set_site`."""
    costs = {f"{COST_PREFIX}{method}": str(points_cost(method, site.point_costs)) for method in PaidMethod}
    return {
        "name": site.name,
        "timezone": site.time_zone.key,
        "contact_matching": _switch(is_on=site.contact_matching),
        "attribution": str(site.attribution),
        "unique_depth_days": str(site.unique_depth.days if site.unique_depth is not None else 0),
        "target_call_seconds": str(site.target_call // timedelta(seconds=1)),
        "respects_do_not_track": _switch(is_on=site.respects_do_not_track),
        "points_per_day": str(site.points_per_day),
        **costs,
    }


def _sent(view: View, key: str) -> str:
    return _switch(is_on=view.form.has(key)) if key in SWITCHES else view.form.get(key).strip()


def _switch(*, is_on: bool) -> str:
    return "on" if is_on else "off"


def _agreement(changes: Mapping[str, str]) -> str:
    """Return a text of the changes that need confirmation, empty if none of them affects deals."""
    return " ".join(f"{key}={changes[key]}" for key in TRIED_AS if key in changes)


async def _page(
    view: View,
    values: Mapping[str, str],
    *,
    faults: Faults | None = None,
    tried: Forecast | None = None,
    agreed: str = "",
) -> Response:
    today = site_day(clock.now(), view.here.time_zone)
    costs = [(key, key.removeprefix(COST_PREFIX), values[key]) for key in values if key.startswith(COST_PREFIX)]
    return show_settings(
        view,
        "settings/site.html",
        view.word("Site"),
        faults=faults,
        values=values,
        costs=costs,
        models=[
            Choice(str(int(model)), model_words(model, view.language), str(int(model)) == values["attribution"])
            for model in AttributionModel
        ],
        zones=sorted(available_timezones()),
        spent=await view.read(find_points_spent, view.here.id, today),
        per_second=view.means.rate_limits.per_second(RateLimitClass.API),
        tried=tried,
        agreed=agreed,
    )


def _set(connection: Connection, _ids: object, site_id: int, changes: Mapping[str, str]) -> None:
    set_site(connection, site_id, changes)
