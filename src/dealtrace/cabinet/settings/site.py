"""A site's settings page: name, time zone, matching, attribution, unique and target leads, points (the API's quota)."""

from collections.abc import Mapping
from zoneinfo import available_timezones

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.reports.choices import Choice, model_words
from dealtrace.cabinet.settings.page import Faults, fault_text, redirect_with_message, show_settings, stored_site
from dealtrace.cabinet.settings.rules_forecast import TRIED_AS, Forecast, forecast
from dealtrace.cabinet.view import View
from dealtrace.http.endpoint import RateLimitClass
from dealtrace.operations.accounts.set_site import list_faults, set_site
from dealtrace.operations.accounts.site_settings import COST_PREFIX, settings_of
from dealtrace.storage.accounts.points import find_points_spent

SWITCHES = ("contact_matching", "respects_do_not_track")
ELSEWHERE = ("cors_origins", "counter")
"""Settings of `set_site` that are not on this page."""


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
    await view.manage(_set, view.current_site.id, changes, view.rights.user.id)
    return redirect_with_message(view, "settings/site", "saved")


def values_of(site: Site) -> dict[str, str]:
    """Return the settings of a site that are on this page, as strings, by the keys of `set_site`."""
    return {key: text for key, text in settings_of(site).items() if key not in ELSEWHERE}


def _sent(view: View, key: str) -> str:
    if key in SWITCHES:
        return "on" if view.form.has(key) else "off"
    return view.form.get(key).strip()


def _agreement(changes: Mapping[str, str]) -> str:
    """Return a string with the changes that affect deals, which the person must confirm; empty if there are none."""
    return " ".join(f"{key}={changes[key]}" for key in TRIED_AS if key in changes)


async def _page(
    view: View,
    values: Mapping[str, str],
    *,
    faults: Faults | None = None,
    tried: Forecast | None = None,
    agreed: str = "",
) -> Response:
    today = site_day(clock.now(), view.current_site.time_zone)
    costs = [(key, key.removeprefix(COST_PREFIX), values[key]) for key in values if key.startswith(COST_PREFIX)]
    return show_settings(
        view,
        "settings/site.html",
        view.translate("Site"),
        faults=faults,
        values=values,
        costs=costs,
        models=[
            Choice(str(int(model)), model_words(model, view.language), str(int(model)) == values["attribution"])
            for model in AttributionModel
        ],
        zones=sorted(available_timezones()),
        spent=await view.read(find_points_spent, view.current_site.id, today),
        per_second=view.services.rate_limits.per_second(RateLimitClass.API),
        tried=tried,
        agreed=agreed,
    )


def _set(connection: Connection, _ids: object, site_id: int, changes: Mapping[str, str], user_id: int) -> None:
    set_site(connection, site_id, changes, clock.now(), user_id)
