"""The page that shows what other rules would change, such as how long after its lead a deal may come.

A person may even try rules that no site can store.
"""

from collections.abc import Mapping

from starlette.responses import Response

from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.model_labels import model_label
from dealtrace.attribution.site_hosts import SITE_KINDS
from dealtrace.cabinet.form_pages import Faults, fault_text, show_form_page, stored_site
from dealtrace.cabinet.host_labels import HOST_LABELS
from dealtrace.cabinet.view import View
from dealtrace.cabinet.what_if.forecast import Forecast, forecast
from dealtrace.errors import InvalidSetting
from dealtrace.operations.what_if.trial import KEYS, TriedSettings, read_trial

_SITE_NAME_OF_MODEL = "attribution"
FIELDS = tuple(key for key in KEYS if key != _SITE_NAME_OF_MODEL)
"""The fields of the form: the keys that can be tried; `attribution` is left out, since `model` means the same."""
_HOST_FIELDS = (*(kind.value for kind in SITE_KINDS), "no_host")
_PRECEDENCES = {"calls,requests": "calls, then lead requests", "requests,calls": "lead requests, then calls"}
_SWITCH = {"on": "yes", "off": "no"}


async def show(view: View) -> Response:
    """Show the form and, if it is filled in, what the rules in the form would change; nothing is stored.

    Ours: the rules are in the URL of the page, so that a person can send the URL to a colleague.
    """
    site = await stored_site(view)
    sent = {key: view.request.query_params.get(key, "").strip() for key in FIELDS}
    rules = [(key, text) for key, text in sent.items() if text]
    if not rules:
        return _page(view, sent)
    try:
        trial = read_trial(rules)
        trial.check_hosts_of(site)
    except InvalidSetting as refusal:
        return _page(view, sent, faults={str(refusal.facts["key"]): fault_text(refusal, view.language)})
    return _page(view, sent, tried=await forecast(view, TriedSettings(trial), is_only_tried=True))


def _page(
    view: View, sent: Mapping[str, str], *, faults: Faults | None = None, tried: Forecast | None = None
) -> Response:
    say = view.translate
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
        say("Try rules"),
        faults=faults,
        sent=sent,
        tried=tried,
        selections=[(label, name, _choices(view, choices, sent[name])) for label, name, choices in listed],
        hosts=[(_host_label(view, name), name) for name in _HOST_FIELDS],
        opens_hosts=any(sent[name] for name in _HOST_FIELDS),
    )


def _choices(view: View, choices: Mapping[str, str], chosen: str) -> list[tuple[str, str, bool]]:
    """List the choices for a rule: each value, its text, and whether it is chosen; the first is “as it is now”."""
    as_now = ("", view.translate("as it is now"), not chosen)
    return [as_now, *((value, label, value == chosen) for value, label in choices.items())]


def _host_label(view: View, name: str) -> str:
    if name == "no_host":
        return view.translate("Hosts to remove")
    return view.translate("Host to add: %(kind)s") % {"kind": view.translate(HOST_LABELS[name])}
