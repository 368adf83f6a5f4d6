"""Build the messages of webhooks.

A message shows a lead as it is when the message is sent, but a deal as it was right after the event.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.webhook import EventKind, Webhook
from dealtrace.alerts.rule import AlertId
from dealtrace.attribution.credit import AttributionModel
from dealtrace.calltouch.answers.formats import epoch_seconds
from dealtrace.calltouch.answers.webhooks import (
    AlertMessage,
    AlertValues,
    CallMessage,
    DealMessage,
    DeliveryValues,
    LeadDeliveryValues,
    LeadRequestMessage,
    alert_values,
    call_values,
    deal_values,
    in_texts,
    lead_request_values,
)
from dealtrace.calltouch.webhooks.vocabulary import (
    ALERT,
    CALL,
    CALL_BEGUN,
    CHANGED_AT_END,
    CHANGED_KEYS,
    DEAL,
    LEAD_REQUEST,
    ON_REQUEST_OF_DEALS,
    ON_REQUEST_OF_LEADS,
    SENT_AT_KEY,
    MessageKeys,
    chosen_keys,
)
from dealtrace.deals.deal import Deal
from dealtrace.deals.versions import as_of
from dealtrace.leads.call import Call
from dealtrace.leads.call_outcome import CallPhase, phase_of
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.storage.alerts.alerts import list_alerts
from dealtrace.storage.alerts.incidents import find_incidents
from dealtrace.storage.deals.deals import list_deals_by_key
from dealtrace.storage.deals.versions import find_later_versions
from dealtrace.storage.journals.lead_entries import LeadEntry, list_lead_entries
from dealtrace.webhooks.delivery import Delivery, OutboxPosition
from dealtrace.webhooks.event import AlertEvent, DealEvent, LeadEvent
from dealtrace.webhooks.http_request import Message

TEST_KIND = "webhook.test"


def write_messages(
    connection: Connection, site: Site, webhook: Webhook, deliveries: Sequence[Delivery], now: datetime
) -> dict[OutboxPosition, Message]:
    """Build the messages of deliveries; return them by position in the outbox, the table of deliveries to send.

    A delivery whose lead, deal or alert no longer exists is left out.
    """
    entries = _entries(
        connection, site, [delivery.event.lead for delivery in deliveries if isinstance(delivery.event, LeadEvent)]
    )
    deals = _deals(
        connection, site, [delivery.event for delivery in deliveries if isinstance(delivery.event, DealEvent)]
    )
    alerts = _alerts(
        connection, site, [delivery.event for delivery in deliveries if isinstance(delivery.event, AlertEvent)]
    )
    sent: DeliveryValues = {"sendingTimestamp": epoch_seconds(now)}
    messages: dict[OutboxPosition, Message] = {}
    for delivery in deliveries:
        event = delivery.event
        if isinstance(event, DealEvent) and (deal := deals.get(event)) is not None:
            deal_message: DealMessage = {**deal_values(deal, event.kind, site), **sent}
            fields = in_texts(deal_message, chosen_keys(DEAL, ON_REQUEST_OF_DEALS, webhook.fields))
        elif isinstance(event, LeadEvent) and (entry := entries.get(event.lead)) is not None:
            fields = _lead_fields(event, entry, site, webhook, sent)
        elif isinstance(event, AlertEvent) and (values := alerts.get(event)) is not None:
            alert_message: AlertMessage = {**values, **sent}
            fields = in_texts(alert_message, chosen_keys(ALERT, (), webhook.fields))
        else:
            continue
        messages[delivery.position] = Message(delivery.message_id(site.id), event.kind, delivery.recorded_at, fields)
    return messages


def write_test(webhook: Webhook, now: datetime) -> Message:
    """Return a test message, in which every value is its key in braces.

    The vendor's test deliveries have the same placeholders, so receivers already ignore such messages.
    """
    kind = next(kind for kind in EventKind if kind in webhook.events)
    usual, on_request = _OF_KIND.get(kind, (DEAL, ON_REQUEST_OF_DEALS))
    keys = chosen_keys(usual, on_request, webhook.fields)
    return Message(f"msg_test_{webhook.id}_{epoch_seconds(now)}", TEST_KIND, now, {key: f"{{{key}}}" for key in keys})


_OF_KIND: Mapping[EventKind, tuple[MessageKeys, MessageKeys]] = {
    EventKind.CALL_CONNECTED: (CALL_BEGUN, ON_REQUEST_OF_LEADS),
    EventKind.CALL_DISCONNECTED: (CALL, ON_REQUEST_OF_LEADS),
    EventKind.LEAD_REQUEST_RECORDED: (LEAD_REQUEST, ON_REQUEST_OF_LEADS),
    EventKind.LEAD_CHANGED: (CALL, ON_REQUEST_OF_LEADS),
    EventKind.ALERT_RAISED: (ALERT, ()),
    EventKind.ALERT_ENDED: (ALERT, ()),
}


def _entries(connection: Connection, site: Site, refs: Sequence[LeadRef]) -> dict[LeadRef, LeadEntry]:
    model = AttributionModel(site.attribution)
    return {
        LeadRef(kind, entry.lead.id): entry
        for kind in LeadKind
        for entry in list_lead_entries(
            connection, site, kind, sorted({ref.id for ref in refs if ref.kind is kind}), model, with_deals=True
        )
    }


def _deals(connection: Connection, site: Site, events: Sequence[DealEvent]) -> dict[DealEvent, Deal]:
    ids = {event.deal_id for event in events}
    found = list_deals_by_key(connection, site.id, ids=ids, numbers=[], with_deleted=True, lock=False)
    versions = find_later_versions(connection, site.id, ids) if ids else {}
    by_id = {deal.id: deal for deal in found}
    return {
        event: as_of(by_id[event.deal_id], event.version, versions.get(event.deal_id, ()))
        for event in events
        if event.deal_id in by_id
    }


def _alerts(connection: Connection, site: Site, events: Sequence[AlertEvent]) -> dict[AlertEvent, AlertValues]:
    incidents = find_incidents(connection, site.id, {event.incident_id for event in events})
    rules = {alert.id: alert for alert in list_alerts(connection, site.id)} if incidents else {}
    return {
        event: alert_values(rules[AlertId(incident.alert_id)], incident, event.kind, site)
        for event in events
        if (incident := incidents.get(event.incident_id)) is not None and incident.alert_id in rules
    }


def _lead_fields(
    event: LeadEvent, entry: LeadEntry, site: Site, webhook: Webhook, sent: DeliveryValues
) -> dict[str, str | None]:
    """Return the values of a message about a lead as strings, by key.

    While a call is in progress, all messages about it have the same keys as the message about its beginning.
    """
    if not isinstance(entry.lead, Call):
        keys = chosen_keys(LEAD_REQUEST, ON_REQUEST_OF_LEADS, webhook.fields)
        of_request: LeadRequestMessage = {**lead_request_values(entry, site), **_delivery_values(event, keys, sent)}
        return in_texts(of_request, keys)
    phase = phase_of(entry.circumstances, entry.lead.duration)
    if event.kind is EventKind.CALL_CONNECTED:
        phase = CallPhase.ONGOING
    usual = CALL_BEGUN if phase is CallPhase.ONGOING else CALL
    keys = chosen_keys(usual, ON_REQUEST_OF_LEADS, webhook.fields)
    of_call: CallMessage = {**call_values(entry, site, phase), **_delivery_values(event, keys, sent)}
    return in_texts(of_call, keys)


def _delivery_values(event: LeadEvent, keys: MessageKeys, sent: DeliveryValues) -> LeadDeliveryValues:
    return {**sent, "changedFields": _changed_fields(event, keys)}


def _changed_fields(event: LeadEvent, keys: MessageKeys) -> str | None:
    """Return the keys that changed since the lead was last sent, joined by commas, or `None` if nothing changed."""
    if not event.changed:
        return None
    changed = {key for part in event.changed for key in CHANGED_KEYS[part]} | {SENT_AT_KEY}
    if event.kind is EventKind.CALL_DISCONNECTED:
        changed.update(CHANGED_AT_END)
    return ",".join(key for key in keys if key in changed)
