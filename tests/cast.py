"""The standing cast: sites, leads and visits that tests bring on stage, in a real database."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from account_work import account_work
from dealtrace.accounts.site import Site, SiteId
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.leads.call import Call, IncomingCall
from dealtrace.leads.lead_request import IncomingLeadRequest, LeadRequest
from dealtrace.operations.accounts.create_site import create_site
from dealtrace.operations.accounts.custom_fields import add_custom_field
from dealtrace.operations.accounts.issue_token import issue_token
from dealtrace.operations.leads.arrivals import decide_calls
from dealtrace.operations.leads.intake import store_leads
from dealtrace.operations.leads.register_lead_requests import register_lead_requests
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.visits.store_visits import store_visits
from dealtrace.operations.work import Work
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks
from waiting import wait_for_a_day_that_lasts

MOSCOW = ZoneInfo("Europe/Moscow")
VLADIVOSTOK = ZoneInfo("Asia/Vladivostok")
IDS_AT_ONCE = 2000
NO_ID = VisitId(0)
"""The id of a visit that is not stored yet."""


def moscow(day: str, clock: str = "00:00:00") -> datetime:
    """Return the instant of a Moscow wall clock: `moscow("2018-03-26", "10:00:00")`."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=MOSCOW).astimezone(UTC)


@dataclass(frozen=True)
class Player:
    """A site on stage, and the token that opens it."""

    site: Site
    token: str
    token_id: int


def zone_at_noon() -> ZoneInfo:
    """Return a time zone in which it is about noon, so that no day ends while a test runs."""
    return ZoneInfo(f"Etc/GMT{datetime.now(UTC).hour - 12:+d}")


class Stage:
    """Brings sites, leads and visits into a database, each in a transaction of its own, as the product does."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ids = IdBlocks(database.writer)

    def open_site(self, *, fields: Sequence[str] = (), **settings: Any) -> Player:
        """Open a site with a token; `settings` are those of `Site`."""
        self.ids.ensure(IDS_AT_ONCE)
        new = replace(Site(SiteId(0), "Shop", MOSCOW), **settings)
        if new.points_per_day:
            wait_for_a_day_that_lasts(new.time_zone)
        now = datetime.now(UTC)
        with self.database.write() as connection:
            site = create_site(account_work(connection, now), new)
            for name in fields:
                add_custom_field(account_work(connection, now), site.id, name)
            issued = issue_token(account_work(connection, now, self.ids), site.id, "test")
            found = find_site(connection, site.id)
        assert found is not None
        return Player(found, issued.secret, issued.token.id)

    def perform(self, operation: Any, player: Player, *payloads: Any, now: datetime | None = None) -> list[Any]:
        """Run an operation for a player's commands, as one batch, and return the outcomes."""
        self.ids.ensure(IDS_AT_ONCE + len(payloads))
        with self.database.write() as connection:
            commands = [WriteCommand(payload, player.token_id) for payload in payloads]
            return list(operation(self.work(connection, player, now), commands))

    def work(self, connection: Connection, player: Player, now: datetime | None = None) -> Work:
        """Return what an operation on a player's site works with, in the transaction of `connection`."""
        return Work(connection, self.ids, now or datetime.now(UTC), player.site)

    def call(
        self, player: Player, started_at: datetime, *, seconds: int = 300, phone: str = "79205550055", **more: Any
    ) -> Call:
        """Store a call."""
        incoming = IncomingCall(started_at, timedelta(seconds=seconds), phone, **more)
        (outcome,) = self.calls(player, incoming)
        assert isinstance(outcome, Call), outcome
        return outcome

    def calls(self, player: Player, *incoming: IncomingCall) -> list[Any]:
        """Import calls as a file does, which costs no points, and return the outcomes."""
        self.ids.ensure(IDS_AT_ONCE + len(incoming))
        with self.database.write() as connection:
            work = self.work(connection, player)
            lock_registrations(work)
            decision = decide_calls(work, incoming)
            store_leads(work, list(decision.arrivals.values()))
        return list(decision.outcomes)

    def lead_request(self, player: Player, requested_at: datetime, **more: Any) -> LeadRequest:
        """Register a lead request."""
        (outcome,) = self.perform(register_lead_requests, player, IncomingLeadRequest(requested_at, **more))
        assert isinstance(outcome, LeadRequest), outcome
        return outcome

    def visit(
        self, player: Player, started_at: datetime, source: TrafficSource, *, visitor: str = "visitor", **more: Any
    ) -> Visit:
        """Store a visit."""
        (visit,) = self.visits(player, Visit(NO_ID, visitor, started_at, source, **more))
        return visit

    def visits(self, player: Player, *visits: Visit) -> list[Visit]:
        """Store visits together, and return them with their ids."""
        self.ids.ensure(IDS_AT_ONCE)
        new = [replace(visit, id=self.ids.take_visit_id()) for visit in visits]
        with self.database.write() as connection:
            store_visits(self.work(connection, player), new)
        return new
