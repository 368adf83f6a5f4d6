"""Watch the database, the accounts and the resources of a process; each job runs in its own loop, once a second."""

import asyncio
import os
import time
from collections.abc import Mapping
from datetime import timedelta

import structlog

from dealtrace import clock, metrics
from dealtrace.log import Outage, RebuildLog, RetryLog, cause_of
from dealtrace.open_files import connections_that_fit, count_open_files
from dealtrace.runtime.database_watch import DatabaseWatch
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.site_cache import SiteCache
from dealtrace.runtime.threads import Threads
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.database.database_errors import has_no_room, is_of_other_schema, message_of
from dealtrace.worker.repeating import end_process

STEP_SECONDS = 1.0
"""How many seconds pass between two runs of a job; changes to sites and tokens take effect within two seconds."""
LOOK_SECONDS_MAX = 2.0
"""For how long a request that missed a part of the schema waits until somebody has looked for it."""
SHORT_SHARE = 0.9
"""A shortage of connections is logged if at least this share of the possible connections is open."""

_log = structlog.get_logger()


class AccountsFollower:
    """Clears the cache of sites and tokens when they change; `read_pool` is used only for this."""

    def __init__(self, read_pool: ReadPool, site_cache: SiteCache) -> None:
        self._read_pool = read_pool
        self._site_cache = site_cache

    async def follow(self) -> None:
        """Clear the cache of accounts (sites, tokens and so on) if it is older than the accounts' stored revision."""
        revision = await self._read_pool.read_newest(self._site_cache.follow)
        if revision is not None:
            _log.info("settings_followed", revision=revision, pid=os.getpid())


class HealthWatcher:
    """Checks whether deals can be registered, and logs when they cannot; it also logs rebuilds of the column mirror."""

    def __init__(self, watch: DatabaseWatch) -> None:
        self._watch = watch
        self._database_outage = Outage("database_unavailable", "database_back")
        self._mirror_outage = Outage("mirror_status_unknown", "mirror_status_known")
        self._rebuild_log = RebuildLog(clock.now())
        self._thread = Threads(1, "watch")

    async def check(self) -> None:
        """Check the database on a thread that has no other work."""
        health = await self._thread.run(self._watch.check)
        if health.is_ok:
            self._database_outage.ended()
        else:
            self._database_outage.failed(health.reason, write=health.write, schema=health.schema, cure=health.cure)
        if health.mirror is not None and health.mirror.rebuild is not None:
            self._rebuild_log.observe(health.mirror.rebuild.rebuilt_at, health.mirror.rebuild.cause)
        if health.mirror_fault is not None:
            cause = cause_of(health.mirror_fault)
            self._mirror_outage.failed(type(health.mirror_fault).__name__, is_bug=True, cause=cause)
        elif health.is_ok:
            self._mirror_outage.ended()

    async def report(self, fault: Exception, request_id: str) -> bool:
        """Log that a request met a failure of the database; the next check looks at what the failure names.

        If the failure says that a part of the schema is missing, but all are there, a statement is faulty: nothing is
        logged, and the result is false.
        """
        is_of_schema = is_of_other_schema(fault)
        if is_of_schema or has_no_room(fault):
            self._watch.report(fault)
        if is_of_schema and not await self._lacks_parts():
            return False
        cause = cause_of(fault) if is_of_schema else None
        self._database_outage.failed(message_of(fault) or "", request_id=request_id, cause=cause)
        return True

    async def _lacks_parts(self) -> bool:
        """Return whether a part of the schema is missing; a database that does not say so in time counts as away."""
        try:
            async with asyncio.timeout(LOOK_SECONDS_MAX):
                return await self._thread.run(self._watch.lacks_parts, time.monotonic())
        except TimeoutError:
            return True

    def stop(self) -> None:
        """End the thread, without waiting for a database that does not respond."""
        self._thread.stop(waits=False)


class ParentWatcher:
    """Stops the process if its parent process has ended, so that no port or file stays in use."""

    def __init__(self) -> None:
        self._parent = os.getppid()

    async def check(self) -> None:
        """Stop the process if its parent process has ended."""
        if os.getppid() != self._parent:
            _log.error("parent_gone", cure="start the server again")
            end_process()


class SocketWatcher:
    """Logs when nearly all connections of a process are open, because further connections must wait."""

    def __init__(self, connections_max: int) -> None:
        self._shortage = Outage("sockets_short", "sockets_free")
        self._open_at_start = count_open_files()
        self._fit = connections_that_fit(connections_max)

    async def check(self) -> None:
        """Log when a shortage of network connections begins or ends.

        Each open file beyond the number at the start counts as a connection.
        """
        used = count_open_files() - self._open_at_start
        if used >= self._fit * SHORT_SHARE:
            cure = "raise the limit on open files (ulimit -n, LimitNOFILE) and DEALTRACE_CONNECTIONS_MAX"
            self._shortage.failed(f"{used} of {self._fit} connections are open", cure=cure)
        else:
            self._shortage.ended()


class LoadWatcher:
    """Measures how many writes wait, and logs retries, postponed sites and whether the replica is available."""

    def __init__(self, read_pool: ReadPool, write_queue: WriteQueue, retry_log: RetryLog) -> None:
        self._read_pool = read_pool
        self._write_queue = write_queue
        self._retry_log = retry_log
        self._is_replica_away = False
        self._postponed: set[int] = set()

    async def check(self) -> None:
        """Set the metrics of waiting writes, and log retries of writes, postponed sites and failures of the replica."""
        metrics.WAITING.set(self._write_queue.waiting)
        self._observe_postponed(self._write_queue.postponed_seconds)
        self._retry_log.log()
        if self._read_pool.is_replica_away != self._is_replica_away:
            self._is_replica_away = not self._is_replica_away
            _log.warning("replica_away" if self._is_replica_away else "replica_back", pid=os.getpid())

    def _observe_postponed(self, seconds_by_site: Mapping[int, float]) -> None:
        """Set the metric of postponed sites; log when one has been postponed for `STEP_SECONDS`, and when that ends."""
        for site_id in seconds_by_site.keys() | self._postponed:
            metrics.POSTPONED.labels(site_id).set(seconds_by_site.get(site_id, 0.0))
        postponed = {site_id for site_id, seconds in seconds_by_site.items() if seconds >= STEP_SECONDS}
        for site_id in sorted(postponed - self._postponed):
            since = clock.now() - timedelta(seconds=seconds_by_site[site_id])
            _log.warning("site_postponed", site_id=site_id, since=since.isoformat(), cure="dealtrace doctor")
        for site_id in sorted(self._postponed - seconds_by_site.keys()):
            _log.info("site_not_postponed", site_id=site_id)
        self._postponed = postponed | (self._postponed & seconds_by_site.keys())
