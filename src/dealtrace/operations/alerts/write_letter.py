"""Write the e-mails that alerts send."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.alerts.sentences import AlertSite, letter_of_ended, letter_of_raised, letter_of_test
from dealtrace.errors import Language
from dealtrace.mails.letter import Letter
from dealtrace.mails.mail import Mail, MailPurpose
from dealtrace.operations.mails.send_to_recipients import recipient_sees_contacts
from dealtrace.operations.reports.column_metrics import find_column_metrics
from dealtrace.reports.reading.masking import masked_filter, masked_label, metric_without_contacts
from dealtrace.storage.alerts.alerts import find_alert
from dealtrace.storage.alerts.incidents import find_incidents

FilterWords = Callable[[Sequence[str], Language], Sequence[str]]
"""Returns filters in words."""


def write_alert_letter(
    connection: Connection, site: Site, mail: Mail, cabinet: str, filter_words: FilterWords
) -> Letter | None:
    """Return an e-mail about an alert, or `None` if the alert was deleted; `cabinet` is the URL of the cabinet."""
    language = mail.recipient.language
    if mail.purpose is MailPurpose.ALERT_TEST:
        alert, incident = find_alert(connection, site.id, mail.subject_id), None
    else:
        incident = find_incidents(connection, site.id, [mail.subject_id]).get(mail.subject_id)
        alert = find_alert(connection, site.id, incident.alert_id) if incident is not None else None
    if alert is None:
        return None
    columns = find_column_metrics(connection, site)
    link = f"{cabinet}/{site.id}/settings/alerts/{alert.id}"
    rule = alert.rule
    if not recipient_sees_contacts(connection, mail):
        rule = replace(rule, metric=masked_label(rule.metric), filters=tuple(map(masked_filter, rule.filters)))
        columns = {masked_label(name): metric_without_contacts(metric) for name, metric in columns.items()}
    about = AlertSite(site, columns, filter_words(rule.filters, language))
    if incident is None:
        return letter_of_test(rule, about, language, link)
    write = letter_of_raised if mail.purpose is MailPurpose.ALERT_RAISED else letter_of_ended
    return write(rule, incident, about, language, link)
