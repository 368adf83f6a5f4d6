"""Tell webhooks what happened: their outbox is written in the transaction of what happened, or not at all."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.versions import DealVersion
from dealtrace.storage.deals.versions import insert_versions
from dealtrace.storage.webhooks.outbox import insert_deliveries
from dealtrace.webhooks.event import Event, deal_events


def publish_events(connection: Connection, site: Site, events: Sequence[Event], now: datetime) -> None:
    """Put each event into the outbox of each webhook that wants it; without webhooks this costs nothing."""
    wanted = [
        (listener.webhook_id, event) for event in events for listener in site.listeners if event.kind in listener.events
    ]
    insert_deliveries(connection, site.id, wanted, now)


def store_versions(connection: Connection, site: Site, versions: Sequence[DealVersion]) -> None:
    """Keep new versions of deals, and tell webhooks of them."""
    insert_versions(connection, site.id, versions)
    if versions and site.listeners:
        events = [event for version in versions for event in deal_events(version)]
        publish_events(connection, site, events, versions[0].recorded_at)
