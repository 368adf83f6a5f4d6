"""List for `doctor` the problems with alerts and e-mails: rules that cannot be checked, and e-mails that fail."""

from datetime import timedelta

from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.cli.answers import Finding
from dealtrace.cli.output import counted
from dealtrace.storage.alerts.alerts import list_alerts
from dealtrace.storage.mails.outbox import list_mails

LOOKED_BACK = timedelta(days=7)


def mail_findings(connection: Connection, site: Site, *, has_mail_server: bool) -> list[Finding]:
    """List the problems with the alerts and e-mails of a site."""
    alerts = list_alerts(connection, site.id)
    findings: list[Finding] = [
        {
            "kind": "alert",
            "text": f"Site {site.id}: alert {alert.id} cannot be checked: {alert.fault}",
            "cure": f"dealtrace alert remove {site.id} {alert.id}",
            "site_id": site.id,
        }
        for alert in alerts
        if alert.fault is not None
    ]
    if not has_mail_server and any(alert.rule.recipients for alert in alerts):
        text = f"Site {site.id}: alerts have recipients, but no mail server is set, so no e-mails are sent."
        cure = "DEALTRACE_SMTP_URL=smtps://user:password@host"
        findings.append({"kind": "mail_server", "text": text, "cure": cure, "site_id": site.id})
    failed = [mail for mail in list_mails(connection, site.id, clock.now() - LOOKED_BACK) if mail.fault is not None]
    if failed:
        latest = failed[0]
        text = (
            f"Site {site.id}: {counted(len(failed), 'e-mail')} of the last week could not be sent, "
            f"the latest to {latest.recipient.address}: {latest.fault}"
        )
        cure = "Check DEALTRACE_SMTP_URL and the addresses, then dealtrace alert test SITE ALERT --mail"
        findings.append({"kind": "mail", "text": text, "cure": cure, "site_id": site.id, "seen": len(failed)})
    return findings
