"""Every page of the cabinet: the path, method, handler and required role of each, on a line of its own."""

from starlette.routing import Route, Router
from starlette.types import ASGIApp

from dealtrace.accounts.rights import Role
from dealtrace.cabinet import keyboard_shortcuts, requests, site_comparison
from dealtrace.cabinet.clients import personal_data, timeline
from dealtrace.cabinet.deals import actions as deal_actions
from dealtrace.cabinet.deals import card as deal_card
from dealtrace.cabinet.deals import journal as deal_journal
from dealtrace.cabinet.deals.file import send_deals_as
from dealtrace.cabinet.gate import Page, PageGate
from dealtrace.cabinet.installation import demo, sites
from dealtrace.cabinet.leads import actions as lead_actions
from dealtrace.cabinet.leads import card as lead_card
from dealtrace.cabinet.leads import journal as lead_journal
from dealtrace.cabinet.leads import missed_calls
from dealtrace.cabinet.leads.file import send_leads_as
from dealtrace.cabinet.notes import page as notes
from dealtrace.cabinet.overview import page as overview
from dealtrace.cabinet.reports import page as reports
from dealtrace.cabinet.reports import rows as report_rows
from dealtrace.cabinet.reports import shared_link_page
from dealtrace.cabinet.reports.file import send_as
from dealtrace.cabinet.reports.rows_file import send_rows_as
from dealtrace.cabinet.reports.saved_items.reports import SAVED_REPORTS
from dealtrace.cabinet.reports.saved_items.segments import SEGMENTS
from dealtrace.cabinet.sent_forms import SendingPages
from dealtrace.cabinet.settings.routes import SETTINGS_PAGES
from dealtrace.cabinet.site_switch import places_of
from dealtrace.cabinet.static_files import send_file
from dealtrace.cabinet.users import (
    account,
    audit_log,
    invitation,
    login,
    members,
    own_password,
    profile,
    second_factor,
    second_factor_code,
    unsubscribe,
    users,
    welcome,
)
from dealtrace.cabinet.view import Services
from dealtrace.cabinet.wrong_urls import UnknownUrls, form_routes, wrong_form_routes
from dealtrace.files.row_writers import CSV, XLSX

PAGES = (
    Page("/", "GET", site_comparison.show),
    Page("/keys", "GET", keyboard_shortcuts.show),
    Page("/language", "POST", site_comparison.choose_language, is_open=True),
    Page("/login", "GET", login.show, is_open=True),
    Page("/login", "POST", login.log_in, is_open=True),
    Page("/login/code", "GET", second_factor_code.show, takes_code=True),
    Page("/login/code", "POST", second_factor_code.confirm, takes_code=True),
    Page("/logout", "POST", login.log_out, takes_code=True, sets_factor=True),
    Page("/{site:int}/", "GET", overview.show, Role.READER),
    Page("/{site:int}/reports", "GET", reports.show, Role.READER),
    Page("/{site:int}/reports/rows", "GET", report_rows.show, Role.READER),
    Page("/{site:int}/reports/rows.csv", "GET", send_rows_as(CSV), Role.READER),
    Page("/{site:int}/reports/rows.xlsx", "GET", send_rows_as(XLSX), Role.READER),
    Page("/{site:int}/reports.csv", "GET", send_as(CSV), Role.READER),
    Page("/{site:int}/reports.xlsx", "GET", send_as(XLSX), Role.READER),
    Page("/{site:int}/reports/saved", "GET", SAVED_REPORTS.show, Role.READER),
    Page("/{site:int}/reports/saved", "POST", SAVED_REPORTS.store, Role.READER),
    Page("/{site:int}/reports/saved/change", "POST", SAVED_REPORTS.change, Role.READER),
    Page("/{site:int}/reports/segments", "GET", SEGMENTS.show, Role.READER),
    Page("/{site:int}/reports/segments", "POST", SEGMENTS.store, Role.READER),
    Page("/{site:int}/reports/segments/change", "POST", SEGMENTS.change, Role.READER),
    Page("/{site:int}/notes", "GET", notes.show, Role.READER),
    Page("/{site:int}/notes", "POST", notes.add, Role.ANALYST),
    Page("/{site:int}/notes/remove", "POST", notes.remove, Role.ANALYST),
    Page("/shared/{key}", "GET", shared_link_page.show, is_open=True),
    Page("/unsubscribe/{key}", "GET", unsubscribe.show, is_open=True),
    Page("/unsubscribe/{key}", "POST", unsubscribe.change, is_open=True, is_signed=True),
    Page("/{site:int}/deals", "GET", deal_journal.show, Role.ANALYST),
    Page("/{site:int}/deals.csv", "GET", send_deals_as(CSV), Role.ANALYST),
    Page("/{site:int}/deals.xlsx", "GET", send_deals_as(XLSX), Role.ANALYST),
    Page("/{site:int}/deals/{deal:int}", "GET", deal_card.show, Role.ANALYST),
    Page("/{site:int}/deals/{deal:int}", "POST", deal_actions.act, Role.ANALYST),
    Page("/{site:int}/leads", "GET", lead_journal.show, Role.ANALYST),
    Page("/{site:int}/leads.csv", "GET", send_leads_as(CSV), Role.ANALYST),
    Page("/{site:int}/leads.xlsx", "GET", send_leads_as(XLSX), Role.ANALYST),
    Page("/{site:int}/leads/missed", "POST", missed_calls.mark, Role.ANALYST),
    Page("/{site:int}/leads/{kind}/{lead:int}", "GET", lead_card.show, Role.ANALYST),
    Page("/{site:int}/leads/{kind}/{lead:int}", "POST", lead_actions.act, Role.ANALYST),
    Page("/{site:int}/people/{client:int}", "GET", timeline.show, Role.ANALYST),
    Page("/{site:int}/people/{client:int}/data", "GET", personal_data.show, Role.OWNER),
    Page("/{site:int}/people/{client:int}/data", "POST", personal_data.erase, Role.OWNER),
    Page("/{site:int}/people/{client:int}/data.json", "GET", personal_data.export, Role.OWNER),
    Page("/{site:int}/requests", "GET", requests.show, Role.OWNER),
    Page("/requests", "GET", requests.show_without_site, is_of_installation=True),
    *SETTINGS_PAGES,
    Page("/welcome", "GET", welcome.show, is_open=True),
    Page("/welcome", "POST", welcome.accept, is_open=True),
    Page("/invitation", "GET", invitation.show, is_open=True),
    Page("/invitation", "POST", invitation.accept, is_open=True),
    Page("/password", "GET", own_password.show, is_open=True),
    Page("/password", "POST", own_password.accept, is_open=True),
    Page("/profile", "GET", profile.show),
    Page("/profile/password", "POST", own_password.change),
    Page("/profile/keys", "POST", profile.choose_keys),
    Page("/profile/sessions", "POST", profile.end),
    Page("/profile/second-factor", "GET", second_factor.show, sets_factor=True),
    Page("/profile/second-factor", "POST", second_factor.set_up, sets_factor=True),
    Page("/profile/second-factor/off", "POST", second_factor.remove),
    Page("/profile/recovery-codes", "POST", second_factor.show_new_codes),
    Page("/sites", "GET", sites.show, is_of_installation=True),
    Page("/sites", "POST", sites.create, is_of_installation=True),
    Page("/demo", "GET", demo.show, is_of_installation=True),
    Page("/demo", "POST", demo.create, is_of_installation=True),
    Page("/demo/remove", "POST", demo.remove, is_of_installation=True),
    Page("/users", "GET", users.show, is_of_installation=True),
    Page("/users/invitation", "POST", users.invite, is_of_installation=True),
    Page("/users/revoke", "POST", users.revoke, is_of_installation=True),
    Page("/users/second-factor", "POST", users.demand, is_of_installation=True),
    Page("/users/changes", "GET", audit_log.show, is_of_installation=True),
    Page("/users/{user:int}", "GET", account.show, is_of_installation=True),
    Page("/users/{user:int}/role", "POST", account.change_role, is_of_installation=True),
    Page("/users/{user:int}/ownership", "POST", account.change_ownership, is_of_installation=True),
    Page("/users/{user:int}/password", "POST", account.make_password_link, is_of_installation=True),
    Page("/users/{user:int}/logout", "POST", account.log_out, is_of_installation=True),
    Page("/users/{user:int}/second-factor", "POST", account.reset_factor, is_of_installation=True),
    Page("/users/{user:int}/delete", "POST", account.delete, is_of_installation=True),
    Page("/{site:int}/settings/users", "GET", members.show, Role.OWNER),
    Page("/{site:int}/settings/users/role", "POST", members.change_role, Role.OWNER),
    Page("/{site:int}/settings/users/invitation", "POST", members.invite, Role.OWNER),
    Page("/{site:int}/settings/users/revoke", "POST", members.revoke, Role.OWNER),
    Page("/{site:int}/settings/users/password", "POST", members.make_password_link, Role.OWNER),
    Page("/{site:int}/settings/users/logout", "POST", members.log_out, Role.OWNER),
)
"""All pages; `{site:int}` in a path is the site, and `Role` the lowest role that may open the page."""


def cabinet_router(services: Services, unknown: ASGIApp) -> Router:
    """Return the router of the cabinet, to be mounted at `/cabinet`; `unknown` answers programs with 404."""
    places = places_of((page.method, page.path, page.role) for page in PAGES)
    gate = PageGate(services, SendingPages((page.method, page.path) for page in PAGES), places)
    pages = [Route(page.path, gate.admit(page), methods=[page.method]) for page in PAGES]
    routes = [Route("/static/{digest}/{name}", send_file), *form_routes(PAGES), *pages, *wrong_form_routes(PAGES, gate)]
    return Router(routes, redirect_slashes=False, default=UnknownUrls(routes, gate, unknown))
