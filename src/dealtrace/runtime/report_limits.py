"""How many reports may run and wait at once in a process, and how long they may take."""

REPORTS_AT_ONCE = 2
"""How many threads run reports in a process; each has a database connection."""
VISITORS_AT_ONCE = 1
"""Ours: how many reports of shared links run at once in a process; the other threads are left to people with a login.

Anybody may have such a link. Without this limit, a few requests a second would keep everybody else from all reports.
"""
WAITING_MAX = 16
"""Ours: the maximum number of reports that wait for a free thread in a process; further reports are refused."""
WAIT_SECONDS = 5.0
"""Ours: how many seconds a report waits for a free thread before it is refused with `Retry-After`."""
REPORT_SECONDS_MAX = 30
"""Ours: how many seconds a statement of a report may take before it is cancelled."""
