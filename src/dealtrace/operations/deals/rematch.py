"""Match deals anew: those that a lead coming in concerns, or all that a site has."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.deal import Deal
from dealtrace.deals.versions import DealVersion, VersionKind
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.matching.rematch import rematched
from dealtrace.operations.deals.match import Question, match_deals
from dealtrace.operations.points import lock_registrations
from dealtrace.operations.webhooks.publish import store_versions
from dealtrace.record import record
from dealtrace.storage.deals import deals, lead_links
from dealtrace.storage.leads import leads

CHUNK_DEALS = 1000


@record
class Concern:
    """By what a lead may concern deals: its id, its name elsewhere, and its contacts with their time."""

    ref: LeadRef
    reference: str | None
    spans: tuple[LeadSpan, ...]


def rematch_concerned(connection: Connection, site: Site, concerns: Sequence[Concern], now: datetime) -> list[Deal]:
    """Match anew the deals that these leads concern, and return those that have another lead now.

    Deals that name one of the leads bind to it whatever the switch says; by contact only while it is on. The
    outcome is the same as if the leads had come in before the deals.
    Ours: the vendor looks for ten minutes; a lead that comes in later than that explains its deal just as well.
    """
    concerned = {
        deal_id
        for kind in LeadKind
        for deal_id in _naming(connection, site, [concern for concern in concerns if concern.ref.kind is kind], kind)
    }
    if site.contact_matching:
        spans = [span for concern in concerns for span in concern.spans]
        concerned |= lead_links.find_ids_by_contact(connection, site.id, spans)
    found = deals.list_deals_by_key(connection, site.id, ids=concerned, numbers=[], with_deleted=True)
    return rematch_deals(connection, site, found, now)


def _naming(connection: Connection, site: Site, concerns: Sequence[Concern], kind: LeadKind) -> set[int]:
    references = [concern.reference for concern in concerns if concern.reference is not None]
    return lead_links.find_ids_by_clue(connection, site.id, kind, [concern.ref.id for concern in concerns], references)


@record
class Chunk:
    """A stretch of a site's deals that was matched anew: how many, up to which id, and how many changed."""

    deals: int
    last_id: int
    changed: int


def rematch_next(connection: Connection, site: Site, after_id: int, now: datetime) -> Chunk | None:
    """Match anew the next deals of a site, those whose ids follow `after_id`; `None` when there are no more.

    Done stretch by stretch, each in a transaction of its own, it goes on where it was stopped and leaves room for
    whoever registers meanwhile.
    """
    lock_registrations(connection, site, now)
    found = deals.list_deals_after(connection, site.id, after_id, CHUNK_DEALS)
    if not found:
        return None
    return Chunk(len(found), found[-1].id, len(rematch_deals(connection, site, found, now)))


def rematch_orphaned(connection: Connection, site: Site, gone: LeadRef, now: datetime) -> list[Deal]:
    """Match anew the deals of a lead that is gone, and return those that have another lead now, or none."""
    orphaned = lead_links.find_ids_by_lead(connection, site.id, gone)
    found = deals.list_deals_by_key(connection, site.id, ids=orphaned, numbers=[], with_deleted=True)
    return rematch_deals(connection, site, found, now, gone=gone)


def rematch_deals(
    connection: Connection, site: Site, found: Sequence[Deal], now: datetime, *, gone: LeadRef | None = None
) -> list[Deal]:
    """Look for the leads of these deals anew; return those that have another one now, each as a new version."""
    answers = match_deals(connection, site, [Question(deal.clue, deal.happened_at) for deal in found])
    pairs = [
        (deal, rematched(deal, lead, contact_matching=site.contact_matching, is_gone=_is(deal, gone), now=now))
        for deal, lead in zip(found, answers, strict=True)
    ]
    return rebind_deals(connection, site, [pair for pair in pairs if pair[0] is not pair[1]], VersionKind.MATCHED)


def _is(deal: Deal, gone: LeadRef | None) -> bool:
    return gone is not None and deal.lead == gone


def rebind_deals(
    connection: Connection, site: Site, pairs: Iterable[tuple[Deal, Deal]], kind: VersionKind
) -> list[Deal]:
    """Keep deals that have another lead, with a version of each, before and after; return them as they stand."""
    differing = list(pairs)
    standing = [after for _, after in differing]
    refs = [deal.lead for deal in standing if deal.lead is not None]
    lead_links.bind_deals(connection, site.id, standing, leads.find_visited_at(connection, site.id, refs))
    versions = [
        DealVersion(after.id, after.version, kind, after.touched_at, None, _told(before), _told(after))
        for before, after in differing
    ]
    store_versions(connection, site, versions)
    return standing


def _told(deal: Deal) -> dict[str, LeadRef | None]:
    return {"lead": deal.lead}
