"""The page that shows the effect of other rules, such as another maximum time between a lead and its deal.

A person may even try rules that no site can store.
"""

from collections.abc import Mapping

from starlette.responses import Response

from dealtrace import clock
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.model_labels import model_label
from dealtrace.attribution.site_hosts import SITE_KINDS
from dealtrace.cabinet.form_pages import (
    Faults,
    fault_text,
    number_of,
    show_form_page,
    stored_site,
    unknown_faults,
)
from dealtrace.cabinet.labels import HOST_LABELS, labelled_text
from dealtrace.cabinet.list_query import PERIOD, ListPeriod, ListQuery, days_of
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.changed_deals import PAGE, PLACE
from dealtrace.cabinet.what_if.days import DAYS_MAX
from dealtrace.cabinet.what_if.forecast import Forecast, forecast
from dealtrace.errors import InvalidSetting
from dealtrace.operations.what_if.trial import KEYS, Trial, TriedSettings, read_trial
from dealtrace.operations.what_if.try_settings import TriedDays
from dealtrace.record import record

_SITE_NAME_OF_MODEL = "attribution"
FIELDS = tuple(key for key in KEYS if key != _SITE_NAME_OF_MODEL)
"""The fields of the form: the keys that can be tried; `attribution` is left out, since `model` means the same."""
_HOST_FIELDS = (*(kind.value for kind in SITE_KINDS), "no_host")
_PRECEDENCES = {"calls,requests": "calls, then lead requests", "requests,calls": "lead requests, then calls"}
_SWITCH = {"on": "yes", "off": "no"}


@record
class RulesRequest:
    """The question in the page's URL: rules by field, their trial (`None` if there is none), and the days to try it on.

    `faults` has error messages by field; rules with faults are not tried.
    """

    sent: Mapping[str, str]
    trial: Trial | None
    days: ListPeriod
    faults: Faults

    @property
    def tried_days(self) -> TriedDays:
        """Return the days on which to try the rules."""
        period = self.days.period
        return TriedDays(period.first_on, period.last_on, self.days.since, self.days.until)


async def read_rules_request(view: View) -> RulesRequest:
    """Read the rules to try and the days in the URL of the page.

    Ours: the rules are in the URL of the page, so that a person can send the URL to a colleague.
    """
    site, query = await stored_site(view), view.request.query_params
    sent = {key: query.get(key, "").strip() for key in FIELDS}
    period = ListQuery(f"/cabinet/{site.id}/{PLACE}", tuple((name, query[name]) for name in PERIOD if query.get(name)))
    days = days_of(period, site, clock.now(), view.language, {})
    faults = {"": labelled_text(days.refusal, view.language)} if days.refusal is not None else {}
    if days.period.days > DAYS_MAX:
        faults[""] = view.translate("Choose at most %(most)s days.") % {"most": DAYS_MAX}
    rules = [(key, text) for key, text in sent.items() if text]
    if not rules:
        return RulesRequest(sent, None, days, faults)
    try:
        trial = read_trial(rules)
        trial.check_hosts_of(site)
    except InvalidSetting as refusal:
        return RulesRequest(sent, None, days, {str(refusal.facts["key"]): fault_text(refusal, view.language), **faults})
    return RulesRequest(sent, trial, days, faults)


async def show(view: View) -> Response:
    """Show the form and, if it is filled in, the effect of the rules in the form; nothing is stored."""
    asked, page = await read_rules_request(view), view.request.query_params.get(PAGE, "1")
    if asked.faults or asked.trial is None:
        return _page(view, asked, faults=asked.faults)
    number = number_of(page)
    tried = await forecast(view, TriedSettings(asked.trial), days=asked.tried_days, page=max(number, 1))
    is_known = number == 1 or (number > 1 and tried.deals is not None and bool(tried.deals.flips))
    if not is_known:
        return _page(view, asked, faults=unknown_faults(view, **{PAGE: (page, "Page")}))
    return _page(view, asked, tried=tried)


def _page(view: View, asked: RulesRequest, *, faults: Faults | None = None, tried: Forecast | None = None) -> Response:
    say, sent = view.translate, asked.sent
    models = {str(int(model)): model_label(model, view.language) for model in AttributionModel}
    precedences = {value: say(label) for value, label in _PRECEDENCES.items()}
    switch = {value: say(label) for value, label in _SWITCH.items()}
    listed = (
        (say("Order in which a deal's lead is searched for"), "order", precedences),
        (say("Find the lead of a deal by the client's phone or e-mail"), "contact_matching", switch),
        (say("Attribution model"), "model", models),
    )
    return show_form_page(
        view,
        "settings/try.html",
        say("What if: try rules"),
        faults=faults,
        sent=sent,
        tried=tried,
        days=asked.days,
        days_max=DAYS_MAX,
        selections=[(label, name, _choices(view, choices, sent[name])) for label, name, choices in listed],
        hosts=[(_host_label(view, name), name) for name in _HOST_FIELDS],
        opens_hosts=any(sent[name] for name in _HOST_FIELDS),
    )


def _choices(view: View, choices: Mapping[str, str], chosen: str) -> list[tuple[str, str, bool]]:
    """List the choices for a rule: each value, its label, and whether it is chosen; the first is “as it is now”."""
    as_now = ("", view.translate("as it is now"), not chosen)
    return [as_now, *((value, label, value == chosen) for value, label in choices.items())]


def _host_label(view: View, name: str) -> str:
    if name == "no_host":
        return view.translate("Hosts to remove")
    return view.translate("Host to add: %(kind)s") % {"kind": view.translate(HOST_LABELS[name])}
