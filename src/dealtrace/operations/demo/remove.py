"""Remove a demo and everything it stored."""

from sqlalchemy import Connection

from dealtrace.accounts.audit_entry import AuditedAction
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.demo.refusals import DemoMissing, SeveralDemos, SiteInUse
from dealtrace.operations.accounts.record_change import record_audit_entry, record_change
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.demo.begin import LABEL
from dealtrace.operations.demo.mark import Demo, find_demo, list_demos, lock_demo
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import AccountWork
from dealtrace.storage.accounts.deleted_sites import delete_site
from dealtrace.storage.accounts.revision import raise_revision
from dealtrace.storage.site_rows import count_site_rows, delete_site_rows

RECORDS = ("visit", "call", "lead_request", "deal")
"""The tables in which `remove_demo` looks for rows that people or programs have added to the demo."""


def remove_demo(work: AccountWork, site_id: int | None, *, with_others: bool = False) -> Demo:
    """Remove the demo of a site and return it; if no site is given, there must be only one demo.

    A site that the demo created is deleted. A site that existed before the demo is left as empty as it was, with only
    this removal among its recorded changes. Whether or not the demo is finished, data that people or
    programs have stored in its site is deleted only if `with_others` is true.

    Raises:
        SiteNotFound: there is no such site.
        DemoMissing: there is no demo, in this site or at all, or another transaction has just removed it.
        SeveralDemos: there are several demos, and no site is given.
        SiteInUse: people or programs have stored visits, leads or deals in the site.
    """
    demo = lock_demo(work.connection, _find(work.connection, site_id).site)  # a step that is being stored ends first
    lock_registrations(work.at(demo.site))  # what is being registered is counted, too
    rows = count_site_rows(work.connection, demo.site.id)
    others = sum(rows.get(name, 0) for name in RECORDS) - demo.progress.taken_in
    if others > 0 and not with_others:
        raise SiteInUse(site_id=demo.site.id, rows=others)
    delete_site_rows(work.connection, demo.site.id, site_stays=not demo.has_own_site)
    if demo.has_own_site:
        delete_site(work.connection, demo.site.id, work.now)
        record_audit_entry(work, AuditedAction.SITE_REMOVED, f"{demo.site.id} {demo.site.name}")
    else:
        record_change(work, demo.site.id, ChangeKind.DEMO, LABEL, before=LABEL)
    raise_revision(work.connection)
    return demo


def _find(connection: Connection, site_id: int | None) -> Demo:
    if site_id is not None:
        demo = find_demo(connection, require_site(connection, site_id))
        demos = [demo] if demo is not None else []
    else:
        demos = list_demos(connection)
    if not demos:
        raise DemoMissing
    if len(demos) > 1:
        raise SeveralDemos(site_ids=", ".join(str(demo.site.id) for demo in demos))
    return demos[0]
