"""The ASGI application of one server process, and how its parts are started and stopped."""

import asyncio
import os
from collections.abc import Callable, Sequence
from functools import partial

import structlog
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from dealtrace import clock, metrics
from dealtrace.api.routes import ENDPOINTS as API
from dealtrace.cabinet.compression import compressed
from dealtrace.cabinet.docs.pages import docs_routes
from dealtrace.cabinet.routes import cabinet_router
from dealtrace.cabinet.settings.uploads import delete_old_uploads
from dealtrace.cabinet.view import Services
from dealtrace.cabinet.wrong_urls import RedirectToCabinet
from dealtrace.calltouch.error_body import ErrorBody, refuse
from dealtrace.calltouch.paths import SITE_PARAMETER, is_of_api, path_instead_of
from dealtrace.calltouch.routes import ENDPOINTS as CALLTOUCH
from dealtrace.calltouch.webhooks.description import describe_webhooks
from dealtrace.calltouch.webhooks.messages import write_messages, write_test
from dealtrace.calltouch.webhooks.vocabulary import choosable_keys
from dealtrace.counter.city import open_cities
from dealtrace.counter.routes import ENDPOINTS as COUNTER
from dealtrace.http.asgi_app import HttpServer
from dealtrace.http.client_address import Proxies
from dealtrace.http.endpoint_gate import Gate
from dealtrace.http.openapi.description import describe_api
from dealtrace.http.openapi.json_schema import Schema
from dealtrace.http.rate_limits import RateLimits, RequestRates
from dealtrace.http.routes import Routes, unknown_path_app
from dealtrace.http.service_routes import service_routes
from dealtrace.leads.phones.normal_form import import_numbering_plans
from dealtrace.log import Outage, RetryLog, cause_of, start_logging
from dealtrace.process_start import state_start
from dealtrace.runtime.account_changes import AccountChanges
from dealtrace.runtime.background_runs import BackgroundRuns, Lane
from dealtrace.runtime.database_watch import DatabaseWatch
from dealtrace.runtime.garbage_collection import collect_garbage_seldom
from dealtrace.runtime.last_uses import uses_of_sessions
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.report_limits import REPORT_SECONDS_MAX, REPORTS_AT_ONCE
from dealtrace.runtime.report_pool import ReportPool
from dealtrace.runtime.request_journal import RequestJournal
from dealtrace.runtime.server_stop import ServerStop
from dealtrace.runtime.site_cache import SiteCache
from dealtrace.runtime.threads import Threads
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.settings import Settings, read_settings
from dealtrace.stop_signals import call_at_stop_signal
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.worker.alerts import Alerts
from dealtrace.worker.deliveries import Deliveries
from dealtrace.worker.expired_forms_and_files import SWEEP_SECONDS, ExpiredFormsAndFiles
from dealtrace.worker.letters import Letters
from dealtrace.worker.mails import Mails
from dealtrace.worker.repeating import BackgroundLoops
from dealtrace.worker.smtp_client import SmtpClient
from dealtrace.worker.sweeps import SWEEPS, Sweeps, sweep_of_requests
from dealtrace.worker.upkeep import (
    STEP_SECONDS,
    AccountsFollower,
    HealthWatcher,
    LoadWatcher,
    ParentWatcher,
    SocketWatcher,
)
from dealtrace.worker.webhook_client import WebhookClient

DELIVERY_READERS = 2
"""How many threads, each with a database connection, read the content of webhook messages."""
OWN_READERS = 2
"""Database connections that requests never use: one follows changed sites and tokens, the other checks the database."""
EXPORTS_AT_ONCE = 2
"""How many lists a process exports at once; each uses a thread and a database connection that requests do not use."""
BACKGROUND_READERS = 1
"""The number of database connections for background runs, which must not use the connections for requests."""
BUSY_SECONDS_MIN = 1.0
"""The minimum time for which writers wait for the lock of a SQLite file; a command holds the lock only briefly."""
PASSWORDS_AT_ONCE = 2
"""How many passwords a process checks at once; each check uses a whole CPU core and dozens of megabytes."""
FILES_AT_ONCE = 4
"""How many uploaded files a process reads or imports at once."""
ENDPOINTS = (*CALLTOUCH, *COUNTER, *API)
"""Every endpoint for programs; pages for people are separate routes."""


def describe() -> Schema:
    """Return the OpenAPI 3.1 description of every endpoint and of every webhook message."""
    return describe_api(ENDPOINTS, ErrorBody, describe_webhooks)


_log = structlog.get_logger()


def create_app() -> "Application":
    """Return the application of one server process, with the settings from its environment."""
    settings = read_settings()
    start_logging(settings.log_level)
    return Application(settings)


class Application:
    """The ASGI application of one server process; its write queue is created at startup by `make_write_queue`."""

    def __init__(self, settings: Settings, make_write_queue: Callable[..., WriteQueue] = WriteQueue) -> None:
        self._settings = settings
        self._make_write_queue = make_write_queue
        self._retry_log = RetryLog()
        self._server_stop = ServerStop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or handle the start and stop of the process (the ASGI lifespan)."""
        if scope["type"] == "http":
            await self._server.serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Start all parts before the first request; after the last request, store waiting writes and stop all parts."""
        await receive()
        try:
            self._start()
        except Exception as fault:
            _log.error("start_failed", reason=str(fault), cause=cause_of(fault))
            state_start(str(fault) or type(fault).__name__)
            await send({"type": "lifespan.startup.failed", "message": str(fault)})
            raise
        if self._settings.is_plain_http_to_others:
            _log.warning(
                "cabinet_without_https", cure="put an HTTPS proxy in front of the server and set DEALTRACE_PUBLIC_URL"
            )
        _log.info("process_started", pid=os.getpid(), database=self._database.name)
        self._start_loops()
        call_at_stop_signal(self._begin_stop)
        state_start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._stop()
        await send({"type": "lifespan.shutdown.complete"})

    def _start(self) -> None:
        open_cities()
        import_numbering_plans()
        self._open_storage()
        self._start_deliveries()
        self._start_alerts()
        self._open_threads()
        self._rate_limits = RateLimits(self._rates(), self._settings.redis_url)
        self._proxies = Proxies(self._settings.trusted_proxies)
        self._session_uses = uses_of_sessions()
        self._gate = self._make_gate()
        self._journal = RequestJournal(is_kept=self._settings.requests_kept_days > 0)
        self._server = self._make_server()
        collect_garbage_seldom()

    def _open_threads(self) -> None:
        self._password_threads = Threads(PASSWORDS_AT_ONCE, "passwords")
        self._file_threads = Threads(FILES_AT_ONCE, "files")
        self._export_threads = Threads(EXPORTS_AT_ONCE, "exports")
        self._background_runs = BackgroundRuns(_log_failed_run)
        self._account_changes = AccountChanges(
            self._database,
            clock.now,
            patience_seconds=self._settings.storage_patience_seconds,
            observe_retry=self._retry_log.observe,
        )

    def _make_server(self) -> HttpServer:
        services = service_routes(describe, self._watch, lambda: self._write_queue.is_alive)
        page_services = self._make_page_services()
        docs = docs_routes(ENDPOINTS, page_services)
        router = page_router([*services, *docs], lambda unknown: cabinet_router(page_services, unknown))
        pages, routes = compressed(router), Routes(self._gate, ENDPOINTS, refuse)
        return HttpServer(routes, pages, self._health_watcher.report, self._journal, self._server_stop, self._proxies)

    def _make_page_services(self) -> Services:
        return Services(
            self._database,
            self._account_changes,
            self._session_uses,
            self._read_pool,
            self._write_queue,
            self._site_cache,
            self._rate_limits,
            self._proxies,
            self._report_pool,
            self._password_threads,
            self._file_threads,
            self._export_threads,
            self._background_runs,
            self._server_stop,
            self._settings.mail_server is not None,
            self._settings.backup_days_max,
            choosable_keys,
            self._settings.points_per_day,
            self._settings.requests_kept_days,
        )

    def _open_storage(self) -> None:
        settings = self._settings
        self._database = self._open_database("")
        self._replica = self._open_database(settings.read_database_url) if settings.read_database_url else None
        self._primary_database = open_database(
            settings.database_url,
            readers=DELIVERY_READERS + OWN_READERS,
            prepared_statements=settings.prepared_statements,
            mirror_memory_mib=settings.mirror_memory,
        )
        self._watch = DatabaseWatch(self._primary_database)
        self._watch.start()
        self._health_watcher = HealthWatcher(self._watch)
        self._report_database = open_database(
            settings.database_url,
            readers=REPORTS_AT_ONCE,
            prepared_statements=settings.prepared_statements,
            read_seconds_max=REPORT_SECONDS_MAX,
            mirror_memory_mib=settings.mirror_memory,
        )
        self._report_pool = ReportPool(self._report_database, self._watch)
        self._site_cache = SiteCache()
        self._followed = ReadPool(self._primary_database, 1, self._watch)
        self._read_pool = ReadPool(
            self._database,
            settings.reader_threads,
            self._watch,
            replica=self._replica,
            revision_needed=lambda: self._site_cache.newest_revision,
        )
        self._write_queue = self._make_write_queue(
            self._database,
            clock.now,
            queue_max=settings.scribe_queue_max,
            batch_max=settings.scribe_batch_max,
            patience_seconds=settings.storage_patience_seconds,
            watch=self._watch,
            accounts_revision=lambda: self._site_cache.newest_revision,
            observe=metrics.observe_commit,
            observe_retry=self._retry_log.observe,
        )

    def _open_database(self, read_url: str) -> Database:
        settings = self._settings
        return open_database(
            settings.database_url,
            readers=settings.reader_threads + BACKGROUND_READERS + EXPORTS_AT_ONCE,
            read_url=read_url,
            prepared_statements=settings.prepared_statements,
            mirror_memory_mib=settings.mirror_memory,
            busy_seconds_max=max(BUSY_SECONDS_MIN, settings.storage_patience_seconds),
        )

    def _start_deliveries(self) -> None:
        """Start sending webhooks. Messages are read from the primary database, because a replica may lag behind it."""
        self._primary_read_pool = ReadPool(self._primary_database, DELIVERY_READERS, self._watch)
        self._deliveries = Deliveries(
            self._primary_read_pool,
            self._write_queue,
            WebhookClient(self._settings.webhook_private_targets),
            write_messages=write_messages,
            write_test=write_test,
        )

    def _start_alerts(self) -> None:
        """Start checking the alert rules and, if a mail server is set, sending e-mails."""
        server = self._settings.mail_server
        self._alerts = Alerts(
            self._primary_read_pool, self._write_queue, self._report_pool, sends_mail=server is not None
        )
        self._mails = None
        if server is not None:
            letters = Letters(self._primary_read_pool, self._report_pool, f"{self._settings.url}/cabinet")
            client = SmtpClient(server, self._settings.mail_sender)
            self._mails = Mails(self._primary_read_pool, self._write_queue, client, write_letter=letters.write)

    def _make_gate(self) -> Gate:
        return Gate(
            self._site_cache,
            self._write_queue,
            self._read_pool,
            self._report_pool,
            site_parameter=SITE_PARAMETER,
            rate_limits=self._rate_limits,
            proxies=self._proxies,
            body_bytes_max=self._settings.body_bytes_max,
        )

    def _rates(self) -> RequestRates:
        settings = self._settings
        return RequestRates(
            per_second=settings.rate_per_second,
            pbx_per_second=settings.exchange_rate_per_second,
            form_per_minute=settings.form_rate_per_minute,
            form_site_per_minute=settings.form_site_rate_per_minute,
            visit_per_minute=settings.visit_rate_per_minute,
            visit_site_per_minute=settings.visit_site_rate_per_minute,
            cabinet_per_minute=settings.cabinet_rate_per_minute,
        )

    def _start_loops(self) -> None:
        """Start the background loops of this process, each on its own: a slow loop does not delay other loops."""
        follower = AccountsFollower(self._followed, self._site_cache)
        load = LoadWatcher(self._read_pool, self._write_queue, self._retry_log)
        store_parameters = partial(self._gate.unknown_parameters.store, self._write_queue)
        store_seconds = partial(self._gate.busiest_seconds.store, self._write_queue)
        store_requests = partial(self._journal.store, self._write_queue)
        store_uses = partial(self._session_uses.store, self._account_changes)
        store_token_uses = partial(self._gate.token_uses.store, self._account_changes)
        self._loops = BackgroundLoops()
        for work, failing, working in (
            (follower.follow, "settings_not_followed", "settings_followed_again"),
            (self._health_watcher.check, "database_not_watched", "database_watched_again"),
            (ParentWatcher().check, "parent_not_watched", "parent_watched_again"),
            (SocketWatcher(self._settings.connections_max).check, "sockets_not_watched", "sockets_watched_again"),
            (load.check, "load_not_watched", "load_watched_again"),
            (store_parameters, "unknown_parameters_not_counted", "unknown_parameters_counted_again"),
            (store_seconds, "busiest_seconds_not_stored", "busiest_seconds_stored_again"),
            (store_uses, "uses_of_sessions_not_stored", "uses_of_sessions_stored_again"),
            (store_requests, "requests_not_journalled", "requests_journalled_again"),
        ):
            self._loops.start(work, STEP_SECONDS, Outage(failing, working))
        expired = ExpiredFormsAndFiles(self._primary_read_pool, self._account_changes, delete_old_uploads)
        for work, failing, working in (
            (expired.forget_forms, "forms_not_swept", "forms_swept_again"),
            (expired.delete_uploads, "uploads_not_swept", "uploads_swept_again"),
            (store_token_uses, "uses_of_tokens_not_stored", "uses_of_tokens_stored_again"),
        ):
            self._loops.start(work, SWEEP_SECONDS, Outage(failing, working))
        self._sweeps = Sweeps(self._primary_read_pool, self._write_queue, self._account_changes)
        for sweep in (*SWEEPS, sweep_of_requests(self._settings.requests_kept_days)):
            self._sweeps.start(sweep)
        of_busy_sites = Outage("requests_of_busy_sites_not_journalled", "requests_of_busy_sites_journalled_again")
        self._loops.start(self._store_requests_of_busy_sites, pause_seconds=0, outage=of_busy_sites)

    def _begin_stop(self) -> None:
        """End all work that would delay the shutdown of the server; requests are still answered."""
        self._server_stop.begin()
        self._write_queue.begin_stop()
        self._report_pool.begin_stop()
        self._background_runs.begin_stop()

    async def _stop(self) -> None:
        self._begin_stop()
        await self._loops.stop()
        self._health_watcher.stop()
        stopping = (self._alerts, self._mails, self._deliveries, self._sweeps)
        workers = [worker.stop() for worker in stopping if worker is not None]
        await asyncio.gather(self._store_remaining(), *workers)  # any of them may wait for a locked site
        await self._write_queue.stop()
        self._background_runs.stop()
        self._account_changes.stop()
        for threads in (self._password_threads, self._file_threads, self._export_threads):
            threads.stop()
        await self._rate_limits.stop()
        for pool in (self._read_pool, self._followed, self._primary_read_pool, self._report_pool):
            pool.stop()
        for database in (self._database, self._primary_database, self._report_database, self._replica):
            if database is not None:
                database.close()

    async def _store_remaining(self) -> None:
        """Store the counts, the requests for the journal and the uses of tokens that are still in memory.

        If storing fails, they are lost, but the server still stops.
        """
        stores = (self._gate.unknown_parameters.store, self._gate.busiest_seconds.store, self._journal.store)
        storing = [store(self._write_queue, is_last=True) for store in stores]
        storing.append(self._gate.token_uses.store(self._account_changes))
        failed = await asyncio.gather(*storing, return_exceptions=True)
        for fault in failed:
            if isinstance(fault, Exception):  # the database may be away
                _log.warning("not_stored_at_stop", reason=type(fault).__name__, cause=cause_of(fault))

    async def _store_requests_of_busy_sites(self) -> None:
        await self._journal.wait_for_full_site()
        await self._journal.store(self._write_queue, only_full=True)


def _log_failed_run(lane: Lane, site_id: int, fault: Exception) -> None:
    _log.error("background_run_failed", lane=lane, site_id=site_id, reason=type(fault).__name__, cause=cause_of(fault))


def page_router(services: Sequence[Route], make_cabinet: Callable[[ASGIApp], Router]) -> Router:
    """Return the router of all pages: `services` for pages about the server, and the cabinet.

    `make_cabinet` is called with the application that responds to unknown paths.
    """
    unknown = unknown_path_app(refuse, path_instead_of, is_of_api)
    routes = [
        Route("/", RedirectToCabinet(unknown)),
        *services,
        Route("/cabinet", lambda _request: RedirectResponse("/cabinet/", 308)),
        Mount("/cabinet", make_cabinet(unknown)),
    ]
    return Router(routes, redirect_slashes=False, default=unknown)
