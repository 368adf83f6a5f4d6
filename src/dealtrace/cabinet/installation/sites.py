"""The sites of the installation, and the form for a new one."""

from collections.abc import Mapping
from http import HTTPStatus
from zoneinfo import available_timezones

from starlette.responses import Response

from dealtrace.accounts.site import TIME_ZONE_DEFAULT
from dealtrace.cabinet.form_pages import Faults, fault_text, number_of
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidSetting, NameTaken
from dealtrace.operations.accounts.change_site_settings import list_faults
from dealtrace.operations.accounts.create_site import NewSite, SiteWithToken, open_site
from dealtrace.storage.accounts.sites import find_site, list_sites
from dealtrace.whole_number import ID_MAX

FIELDS = ("name", "timezone", "site_id", "token")


async def show(view: View) -> Response:
    """Show the sites, and the form for a new one."""
    return await _page(view, {})


async def create(view: View) -> Response:
    """Create a site with its first token, whose secret is shown only once."""
    sent = {name: view.form.get(name).strip() for name in FIELDS}
    faults = await _faults_of(view, sent)
    if faults:
        return await _page(view, sent, faults)
    new = NewSite(
        sent["name"],
        sent["timezone"],
        view.services.points_per_day,
        site_id=number_of(sent["site_id"]),
        token=sent["token"] or None,
    )
    try:
        opened = await view.manage(open_site, new)
    except InvalidSetting as refusal:
        return await _page(view, sent, {str(refusal.facts["key"]): fault_text(refusal, view.language)})
    except NameTaken as refusal:
        message = view.translate("This token is or was in use. Leave the field empty for a new one.")
        taken = {"token": message} if refusal.facts["name"] == "token" else {"site_id": _taken(view)}
        return await _page(view, sent, taken)
    return await _page(view, {}, opened=opened)


async def _faults_of(view: View, sent: Mapping[str, str]) -> dict[str, str]:
    """Return the error messages for the site's name, time zone and id, by form field; empty if all are valid."""
    settings = {name: sent[name] for name in ("name", "timezone")}
    faults = {str(fault.facts["key"]): fault_text(fault, view.language) for fault in list_faults(settings)}
    site_id = number_of(sent["site_id"])
    if sent["site_id"] and not 0 < site_id <= ID_MAX:
        message = view.translate("Enter a whole number from 1 to %(most)s, or leave the field empty.")
        faults["site_id"] = message % {"most": ID_MAX}
    elif site_id and await view.read(find_site, site_id) is not None:
        faults["site_id"] = _taken(view)
    return faults


def _taken(view: View) -> str:
    return view.translate("Another site has this number. Choose another, or leave the field empty.")


async def _page(
    view: View, sent: Mapping[str, str], faults: Faults | None = None, *, opened: SiteWithToken | None = None
) -> Response:
    return view.page(
        "installation/sites.html",
        HTTPStatus.BAD_REQUEST if faults else HTTPStatus.OK,
        sites=await view.read(list_sites),
        sent={**dict.fromkeys(FIELDS, ""), "timezone": TIME_ZONE_DEFAULT, **sent},
        zones=sorted(available_timezones()),
        faults=faults or {},
        opened=opened,
    )
