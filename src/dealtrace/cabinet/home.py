"""The first page: the sites of a person, and the choice of language."""

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from dealtrace.accounts.role import Rights
from dealtrace.accounts.site import Site
from dealtrace.cabinet.gate import LANGUAGE_COOKIE
from dealtrace.cabinet.rendering import LANGUAGES
from dealtrace.cabinet.view import SEE_OTHER, View
from dealtrace.storage.accounts.sites import list_sites

YEAR_SECONDS = 365 * 24 * 3600


async def show(view: View) -> Response:
    """Redirect to the site if the person has only one, else list the sites."""
    sites = await view.read(list_own_sites, view.who)
    if len(sites) == 1:
        return view.lead_to(f"/{sites[0].id}/")
    return view.page("home.html", sites=sites)


def list_own_sites(connection: Connection, person: Rights) -> list[Site]:
    """List the sites at which a person has a role."""
    return [site for site in list_sites(connection) if person.role_at(site.id) is not None]


async def choose_language(view: View) -> Response:
    """Store the chosen language in a cookie, and redirect to the page the person came from."""
    language = view.form.get("language")
    page = RedirectResponse(view.form.get("back") if _is_path(view.form.get("back")) else "/cabinet/", SEE_OTHER)
    if language in LANGUAGES:
        page.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_SECONDS, path="/cabinet", httponly=True, samesite="lax")
    return page


def _is_path(text: str) -> bool:
    return text.startswith("/cabinet/") and "\\" not in text
