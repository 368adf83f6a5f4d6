"""The page with all settings of `dealtrace site set`; changes that affect figures are tried before they are saved."""

from collections.abc import Mapping
from types import MappingProxyType
from zoneinfo import available_timezones

from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.on_off_settings import switch_text
from dealtrace.accounts.site_days import day_start, site_day
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.model_labels import model_label
from dealtrace.cabinet.choices import SelectOption
from dealtrace.cabinet.form_pages import Faults, fault_text, redirect_with_message, show_form_page, stored_site
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.agreed import may_save
from dealtrace.cabinet.what_if.days import days_choices
from dealtrace.cabinet.what_if.forecast import Forecast, agreement_of, forecast
from dealtrace.errors import NameTaken, RateExceeded
from dealtrace.http.endpoint import RateLimitClass
from dealtrace.operations.accounts.change_site_settings import (
    COST_PREFIX,
    change_site_settings,
    list_faults,
    settings_of,
)
from dealtrace.operations.what_if.trial import read_tried
from dealtrace.storage.accounts.api_requests import count_refusals_without_site
from dealtrace.storage.accounts.busiest_second import find_busiest_second
from dealtrace.storage.accounts.points import find_points_spent

PLACE = "settings/site"
SWITCHES = ("contact_matching", "respects_do_not_track")
REFUSALS_SEARCHED_MAX = 10_000
"""Ours: the page of settings counts today's refusals by the rate limit among this many requests that have no site.

The count is for all sites together: the rate limit is checked before the token, so the site of a refused request is not
known.
"""
SHOWN = "shown."
"""The prefix of the names of form fields that repeat the settings as they were when the form was opened."""


async def show(view: View) -> Response:
    """Show the settings as they are stored."""
    return await _page(view, settings_of(await stored_site(view)))


async def save(view: View) -> Response:
    """Save the edited settings, or only show their effect.

    They are not saved if the person asked only to try them, or has not yet confirmed an effect that needs confirmation.
    """
    stored = settings_of(await stored_site(view))
    changes = _edited(view, stored)
    faults = {str(fault.facts["key"]): fault_text(fault, view.language) for fault in list_faults(changes)}
    if faults:
        return await _page(view, stored, changes, faults=faults)
    agreement = agreement_of(changes)
    try:
        if not may_save(view, agreement):
            tried = await forecast(view, read_tried(changes.items()), agreement)
            return await _page(view, stored, changes, tried=tried)
        await view.manage(change_site_settings, view.current_site.id, changes)
    except NameTaken:
        taken = view.translate("Another site has this counter code.")
        return await _page(view, stored, changes, faults={"counter": taken})
    return redirect_with_message(view, PLACE, "saved")


def _edited(view: View, stored: Mapping[str, str]) -> dict[str, str]:
    """Return the settings in the form that differ from the stored values and were edited after the form was opened.

    A form does not undo what another tab or person saved after the form was opened. Settings that the form does not
    have are not changed.
    """
    sent = {key: _sent(view, key) for key in stored if view.form.has(key) or view.form.has(f"{SHOWN}{key}")}
    shown = {key: view.form.get(f"{SHOWN}{key}") if view.form.has(f"{SHOWN}{key}") else stored[key] for key in stored}
    return {key: text for key, text in sent.items() if text not in (stored[key], shown[key])}


def _sent(view: View, key: str) -> str:
    if key in SWITCHES:
        return switch_text(is_on=view.form.has(key))
    return view.form.get(key).strip()


async def _page(
    view: View,
    stored: Mapping[str, str],
    changes: Mapping[str, str] = MappingProxyType({}),
    *,
    faults: Faults | None = None,
    tried: Forecast | None = None,
) -> Response:
    values = {**stored, **changes}
    today = site_day(clock.now(), view.current_site.time_zone)
    busiest = await view.read(find_busiest_second, view.current_site.id, today)
    costs = [(key, key.removeprefix(COST_PREFIX), values[key]) for key in values if key.startswith(COST_PREFIX)]
    return show_form_page(
        view,
        "settings/site.html",
        view.translate("Site"),
        faults=faults,
        values=values,
        shown=[(f"{SHOWN}{key}", text) for key, text in stored.items()],
        costs=costs,
        models=[
            SelectOption(str(int(model)), model_label(model, view.language), str(int(model)) == values["attribution"])
            for model in AttributionModel
        ],
        zones=sorted(available_timezones()),
        spent=await view.read(find_points_spent, view.current_site.id, today),
        busiest=busiest,
        busiest_at=f"{busiest.ended_at.astimezone(view.current_site.time_zone):%H:%M:%S}" if busiest else "",
        refused=await view.read(
            count_refusals_without_site,
            RateExceeded.code,
            day_start(today, view.current_site.time_zone),
            REFUSALS_SEARCHED_MAX,
        ),
        per_second=view.services.rate_limits.per_second(RateLimitClass.API),
        tried=tried,
        tried_days=days_choices(view),
    )
