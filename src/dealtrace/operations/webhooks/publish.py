"""Publish events to webhooks: store the events in an outbox, in the same transaction as the change that caused them."""

from collections.abc import Sequence

from dealtrace.deals.versions import DealVersion
from dealtrace.operations.work import Work
from dealtrace.storage.deals.versions import insert_versions
from dealtrace.storage.webhooks.outbox import insert_deliveries
from dealtrace.webhooks.event import Event, deal_events


def publish_events(work: Work, events: Sequence[Event]) -> None:
    """Add each event to the outbox of each webhook that subscribes to it; a site without webhooks needs no query."""
    deliveries = [
        (listener.webhook_id, event)
        for event in events
        for listener in work.site.listeners
        if event.kind in listener.events
    ]
    insert_deliveries(work.connection, work.site.id, deliveries, work.now)


def store_versions(work: Work, versions: Sequence[DealVersion]) -> None:
    """Store new versions of deals, and publish them to webhooks."""
    insert_versions(work.connection, work.site.id, versions)
    if versions and work.site.listeners:
        events = [event for version in versions for event in deal_events(version)]
        publish_events(work, events)
