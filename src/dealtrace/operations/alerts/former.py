"""The former values of alerts in the history of a site, with which changes and removals are undone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dealtrace.accounts.site_change import SiteChange
from dealtrace.alerts.rule import Rule, format_rule, parse_formatted_rule
from dealtrace.mails.recipient import Recipient
from dealtrace.storage.mails.recipients import recipients_from, stored_recipients

WATCHES, FILTERS, RECIPIENTS = "rule", "filters", "recipients"
ALERT_PARTS = (WATCHES, FILTERS, RECIPIENTS)
"""The parts of a rule that the history has one by one."""


def former_parts(rule: Rule, recipients: Sequence[Recipient]) -> Mapping[str, object]:
    """Return all parts of a rule in the form that the history stores, with these recipients."""
    return {WATCHES: format_rule(rule), FILTERS: list(rule.filters), RECIPIENTS: stored_recipients(recipients)}


def former_rule(change: SiteChange, now: Rule | None) -> Rule | None:
    """Return the rule `now` with the parts that it had before a change, or the whole rule if it was removed.

    The result is `None` if the change has no former value, or does not have all parts and `now` is `None`.
    """
    former = change.former or {}
    watched = parse_formatted_rule(former[WATCHES]) if WATCHES in former else now
    base = now or watched
    if base is None or watched is None or not set(former) & set(ALERT_PARTS):
        return None
    return replace(
        watched,
        filters=tuple(former.get(FILTERS, base.filters)),
        recipients=recipients_from(former[RECIPIENTS]) if RECIPIENTS in former else base.recipients,
    )
