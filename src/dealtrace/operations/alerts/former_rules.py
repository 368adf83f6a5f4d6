"""The former values of alerts in the history of a site, used to undo changes and removals."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dealtrace.accounts.site_change import FormerValues, SiteChange
from dealtrace.alerts.rule import Rule, format_rule, parse_formatted_rule
from dealtrace.mails.recipient import Recipient
from dealtrace.storage.mails.recipients import recipients_from, stored_recipients

WATCHES: Final = "rule"
FILTERS: Final = "filters"
RECIPIENTS: Final = "recipients"
ALERT_PARTS = (WATCHES, FILTERS, RECIPIENTS)
"""The parts of a rule; the history records the changes to each part separately."""


def former_parts(rule: Rule, recipients: Sequence[Recipient]) -> FormerValues:
    """Return all parts of a rule, with `recipients` as its recipients, in the form that the history stores."""
    return {WATCHES: format_rule(rule), FILTERS: list(rule.filters), RECIPIENTS: stored_recipients(recipients)}


def former_rule(change: SiteChange, now: Rule | None) -> Rule | None:
    """Return the rule as it was before a change; parts that the change does not contain are as in the rule `now`.

    `now` is `None` if the rule was removed. The result is `None` if the change contains no former part of a rule, or if
    `now` is `None` and the former parts do not form a whole rule.
    """
    former: FormerValues = change.former or {}
    watched = parse_formatted_rule(former[WATCHES]) if WATCHES in former else now
    base = now or watched
    if base is None or watched is None or not set(former) & set(ALERT_PARTS):
        return None
    return replace(
        watched,
        filters=tuple(former.get(FILTERS, base.filters)),
        recipients=recipients_from(former[RECIPIENTS]) if RECIPIENTS in former else base.recipients,
    )
