"""A trial: rules that are tried instead of a site's own rules, without storing anything."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.known_hosts import HostKind
from dealtrace.attribution.site_hosts import SiteHosts, hosts_of
from dealtrace.deals.lead_clue import LINK_THRESHOLD_MAX
from dealtrace.errors import InvalidSetting, UnknownSetting
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.accounts.name_hosts import checked_host
from dealtrace.operations.accounts.set_site import read_model, read_switch, whole_to
from dealtrace.record import record

SECOND = timedelta(seconds=1)
KINDS = {"calls": LeadKind.CALL, "requests": LeadKind.LEAD_REQUEST}
"""The kinds of lead by their names in the API parameter `bindTo`."""


@record
class Trial:
    """The rules to try.

    A rule that is `None`, or an empty `own_hosts`, leaves the site's rule unchanged. `link_threshold` replaces the
    threshold of every deal with a contact. `precedence` says whether a phone is first searched for among calls or among
    lead requests. `own_hosts` are added to the site's own hosts.
    """

    contact_matching: bool | None = None
    link_threshold: timedelta | None = None
    precedence: tuple[LeadKind, ...] | None = None
    model: AttributionModel | None = None
    own_hosts: tuple[str, ...] = ()

    @property
    def matches_again(self) -> bool:
        """Whether the trial changes a rule of matching, so that deals must be matched again."""
        return (self.contact_matching, self.link_threshold, self.precedence) != (None, None, None)

    def model_of(self, site: Site) -> AttributionModel:
        """Return the attribution model of the trial, or the model of the site if the trial has none."""
        return self.model if self.model is not None else AttributionModel(site.attribution)

    def site_of(self, site: Site) -> Site:
        """Return the site with the settings of the trial."""
        own = hosts_of((HostKind.OWN, host, "") for host in self.own_hosts)
        return replace(
            site,
            contact_matching=site.contact_matching if self.contact_matching is None else self.contact_matching,
            attribution=int(self.model_of(site)),
            hosts=SiteHosts({**site.hosts.known, **own.known}),
        )


def read_trial(settings: Iterable[tuple[str, str]]) -> Trial:
    """Parse a trial from pairs of key and text.

    Raises:
        UnknownSetting: a key cannot be tried, or no pairs are given; the message lists the keys.
        InvalidSetting: a value is invalid, or a key is repeated.
    """
    values: dict[str, Any] = {}  # Any: each field has its own type
    for key, text in settings:
        rule = next((rule for rule in RULES if rule.key == key), None)
        if rule is None:
            raise UnknownSetting(key=key, known=", ".join(KEYS))
        if rule.field in values:
            raise InvalidSetting(
                key=key, ru="указано дважды, оставьте одно значение", en="is given twice, keep one value"
            )
        values[rule.field] = rule.read(key, text)
    return Trial(**values)


def _threshold(key: str, text: str) -> timedelta:
    return SECOND * whole_to(LINK_THRESHOLD_MAX // SECOND)(key, text)


def _precedence(key: str, text: str) -> tuple[LeadKind, ...]:
    known = {",".join(words): tuple(KINDS[word] for word in words) for words in (list(KINDS), list(KINDS)[::-1])}
    if text not in known:
        either = " | ".join(known)
        raise InvalidSetting(key=key, ru=f"ожидается одно из: {either}", en=f"one of these is expected: {either}")
    return known[text]


def _model(key: str, text: str) -> AttributionModel:
    return AttributionModel(read_model(key, text))


def _own_hosts(key: str, text: str) -> tuple[str, ...]:
    return tuple(checked_host(key, host) for host in text.split(","))


@record
class Rule:
    """A rule that can be tried: its key, its field in `Trial`, and the function that parses its value."""

    key: str
    field: str
    read: Callable[[str, str], Any]


RULES = (
    Rule("contact_matching", "contact_matching", read_switch),
    Rule("threshold", "link_threshold", _threshold),
    Rule("order", "precedence", _precedence),
    Rule("model", "model", _model),
    Rule("own", "own_hosts", _own_hosts),
)
KEYS = tuple(rule.key for rule in RULES)
"""The keys of all rules that can be tried."""
