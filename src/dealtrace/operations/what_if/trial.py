"""A trial: rules that are tried instead of a site's own rules, without storing anything."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from datetime import timedelta

from dealtrace.accounts.on_off_settings import read_switch, switch_text
from dealtrace.accounts.setting_effects import STATUS_PREFIX
from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.known_hosts import HostKind
from dealtrace.attribution.site_hosts import NAMED_KINDS, SITE_KINDS, SiteHost, SiteHosts, hosts_of
from dealtrace.errors import InvalidSetting, UnknownSetting
from dealtrace.leads.lead import LeadKind
from dealtrace.matching.window import LINK_THRESHOLD_MAX
from dealtrace.operations.accounts.change_site_settings import (
    SETTING_KEYS,
    checked_name,
    parser_of_whole_numbers,
    read_model,
)
from dealtrace.operations.accounts.name_hosts import checked_host
from dealtrace.record import record

SECOND = timedelta(seconds=1)
KINDS = {"calls": LeadKind.CALL, "requests": LeadKind.LEAD_REQUEST}
"""The kinds of lead by their names in the API parameter `bindTo`."""
_NAMES = {kind: name for name, kind in KINDS.items()}


@record
class Trial:
    """The rules to try.

    A rule that is `None` leaves the site's rule unchanged. `link_threshold`, the longest time from a lead to its deal,
    replaces the threshold of every deal that has a contact. `precedence` says whether a phone is first searched for
    among calls or among lead requests. `hosts` are added to the hosts of the site, and `removed_hosts` are removed. If
    `classifies_again` is true, visits are classified again even if no host changes.
    """

    contact_matching: bool | None = None
    link_threshold: timedelta | None = None
    precedence: tuple[LeadKind, ...] | None = None
    model: AttributionModel | None = None
    hosts: tuple[SiteHost, ...] = ()
    removed_hosts: tuple[str, ...] = ()
    classifies_again: bool = False

    @property
    def matches_again(self) -> bool:
        """Whether the trial changes a rule of matching, so that deals must be matched again."""
        return (self.contact_matching, self.link_threshold, self.precedence) != (None, None, None)

    @property
    def has_rule_of_contacts(self) -> bool:
        """Whether the trial has a rule that applies only if the site matches by contact."""
        return (self.link_threshold, self.precedence) != (None, None)

    @property
    def moves_visits(self) -> bool:
        """Whether visits are classified again, because hosts change or the trial requires it."""
        return self.classifies_again or bool(self.hosts or self.removed_hosts)

    def model_of(self, site: Site) -> AttributionModel:
        """Return the attribution model of the trial, or the model of the site if the trial has none."""
        return self.model if self.model is not None else AttributionModel(site.attribution)

    def check_hosts_of(self, site: Site) -> None:
        """Check that the site has the hosts to remove; otherwise a misspelt host would seem to change nothing.

        Raises:
            InvalidSetting: a host to remove is not among the hosts in the site's settings.
        """
        unknown = [host for host in self.removed_hosts if host not in site.hosts.known]
        if unknown:
            named = ", ".join(site.hosts.known) or "—"
            raise InvalidSetting(
                key="no_host",
                ru=f"у сайта нет домена {unknown[0]}; его домены: {named}",
                en=f"the site has no host {unknown[0]}; its hosts: {named}",
            )

    def site_of(self, site: Site) -> Site:
        """Return the site with the settings of the trial."""
        known = {host: kind for host, kind in site.hosts.known.items() if host not in self.removed_hosts}
        added = hosts_of((host.kind, host.host, host.name) for host in self.hosts)
        return replace(
            site,
            contact_matching=site.contact_matching if self.contact_matching is None else self.contact_matching,
            attribution=int(self.model_of(site)),
            hosts=SiteHosts({**known, **added.known}),
        )


@record
class TriedSettings:
    """What to try: other rules, other settings of the site, and other meanings of statuses.

    `trial` is `None` if no rules are tried. `settings` has values by key, and `statuses` meanings by status name.
    """

    trial: Trial | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)


def read_tried(pairs: Iterable[tuple[str, str]]) -> TriedSettings:
    """Parse pairs of key and value that say what to try; a key is a rule, a setting of a site, or `status.NAME`.

    Only the values of rules are checked here.

    Raises:
        UnknownSetting: a key is neither a rule nor a setting; the message lists all keys.
        InvalidSetting: the value of a rule is invalid, or a key is repeated.
    """
    rules: list[tuple[str, str]] = []
    settings: dict[str, str] = {}
    statuses: dict[str, str] = {}
    for key, text in pairs:
        if key in KEYS:
            rules.append((key, text))
            continue
        is_status = key.startswith(STATUS_PREFIX)
        if not is_status and key not in SETTING_KEYS:
            raise UnknownSetting(key=key, known=", ".join((*TRIED_KEYS, f"{STATUS_PREFIX}NAME")))
        values, name = (statuses, key.removeprefix(STATUS_PREFIX)) if is_status else (settings, key)
        if name in values:
            raise _given_twice(key)
        values[name] = text
    return TriedSettings(read_trial(rules) if rules else None, settings, statuses)


def read_trial(settings: Iterable[tuple[str, str]]) -> Trial:
    """Parse a trial from pairs of key and value.

    Raises:
        UnknownSetting: a key cannot be tried, or no pairs are given; the message lists the keys that can be tried.
        InvalidSetting: a value is invalid, or a key is repeated.
    """
    trial = Trial()
    given: set[str] = set()
    fields: set[str] = set()
    for key, text in settings:
        rule = next((rule for rule in RULES if rule.key == key), None)
        if rule is None:
            raise UnknownSetting(key=key, known=", ".join(KEYS))
        if key in given or (rule.field in fields and rule.field != "hosts"):
            raise _given_twice(key)
        given.add(key)
        fields.add(rule.field)
        trial = rule.read(trial, key, text)
    return trial


def pairs_of(trial: Trial) -> list[tuple[str, str]]:
    """Return the pairs of key and value from which `read_trial` makes the trial."""
    is_on, seconds = trial.contact_matching, trial.link_threshold
    stated = [
        ("contact_matching", switch_text(is_on=is_on) if is_on is not None else ""),
        ("threshold", str(seconds // SECOND) if seconds is not None else ""),
        ("order", ",".join(_NAMES[kind] for kind in trial.precedence or ())),
        ("model", str(int(trial.model)) if trial.model is not None else ""),
        *((kind.value, ",".join(_host_text(each) for each in trial.hosts if each.kind is kind)) for kind in SITE_KINDS),
        ("no_host", ",".join(trial.removed_hosts)),
    ]
    return [(key, text) for key, text in stated if text]


def _host_text(host: SiteHost) -> str:
    return f"{host.host}:{host.name}" if host.kind in NAMED_KINDS else host.host


def _given_twice(key: str) -> InvalidSetting:
    return InvalidSetting(
        key=key, ru="указано дважды, оставьте одно значение", en="is given twice; keep only one value"
    )


def _contact_matching(trial: Trial, key: str, text: str) -> Trial:
    return replace(trial, contact_matching=read_switch(key, text))


def _threshold(trial: Trial, key: str, text: str) -> Trial:
    return replace(trial, link_threshold=SECOND * parser_of_whole_numbers(LINK_THRESHOLD_MAX // SECOND)(key, text))


def _precedence(trial: Trial, key: str, text: str) -> Trial:
    known = {",".join(kinds): tuple(KINDS[word] for word in kinds) for kinds in (list(KINDS), list(KINDS)[::-1])}
    if text not in known:
        either = " | ".join(known)
        raise InvalidSetting(key=key, ru=f"ожидается одно из: {either}", en=f"one of these is expected: {either}")
    return replace(trial, precedence=known[text])


def _model(trial: Trial, key: str, text: str) -> Trial:
    return replace(trial, model=AttributionModel(read_model(key, text)))


def _hosts(trial: Trial, key: str, text: str) -> Trial:
    return replace(trial, hosts=(*trial.hosts, *(_host(key, part) for part in text.split(","))))


def _host(key: str, text: str) -> SiteHost:
    kind = HostKind(key)
    if kind not in NAMED_KINDS:
        return SiteHost(kind, checked_host(key, text))
    host, colon, name = text.rpartition(":")
    if not colon:
        raise InvalidSetting(
            key=key,
            ru="ожидается домен и имя источника: find.example:find",
            en="HOST:NAME is expected, such as find.example:find",
        )
    return SiteHost(kind, checked_host(key, host), checked_name(key, name))


def _removed_hosts(trial: Trial, key: str, text: str) -> Trial:
    return replace(trial, removed_hosts=tuple(checked_host(key, host) for host in text.split(",")))


@record
class TrialRule:
    """A rule that can be tried: its key, its field in `Trial`, and a function that adds a value to a trial.

    The function gets the trial, the key and the value as a string. Several rules for the field `hosts` are combined.
    """

    key: str
    field: str
    read: Callable[[Trial, str, str], Trial]


RULES = (
    TrialRule("contact_matching", "contact_matching", _contact_matching),
    TrialRule("threshold", "link_threshold", _threshold),
    TrialRule("order", "precedence", _precedence),
    TrialRule("model", "model", _model),
    *(TrialRule(kind.value, "hosts", _hosts) for kind in SITE_KINDS),
    TrialRule("no_host", "removed_hosts", _removed_hosts),
    TrialRule("attribution", "model", _model),
)
KEYS = tuple(rule.key for rule in RULES)
"""The keys of all rules that can be tried; `attribution` and `model` are two keys of the same rule."""
TRIED_KEYS = (*KEYS, *(key for key in SETTING_KEYS if key not in KEYS))
"""The keys of everything that can be tried: rules, and all settings of a site."""
