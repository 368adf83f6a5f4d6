"""Match deals again: the deals that an arriving lead may belong to, or all deals of a site."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import PAST_DEALS, ChangeKind
from dealtrace.accounts.user import UserId
from dealtrace.attribution.visit import Visit
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.matchers import key_of_lead, key_of_visit
from dealtrace.deals.versions import VersionKind, next_version
from dealtrace.leads.contact import md5_of_phone
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.matching.rematch_effect import rematched
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.accounts.require_site import ReadSite
from dealtrace.operations.credit_leads import credit_leads
from dealtrace.operations.matching.match import DealToMatch, match_with_reasons
from dealtrace.operations.retry_conflicts import retry_conflicts
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.webhooks.publish import store_versions
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.database.engine import Database
from dealtrace.storage.deals import deals, lead_links
from dealtrace.storage.deals.deals import count_deals
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.leads import contact_rows, leads
from dealtrace.storage.visits.credits import MatchedVisit
from dealtrace.storage.visits.visits import find_visits

CHUNK_DEALS = 1000
NAMED_AT = datetime(2000, 1, 1, tzinfo=UTC)
"""The time stored with a search key that is the id of a lead or visit; such a search has no time limit."""


@record
class LeadIdentifiers:
    """A lead and the data by which deals may refer to it: its id, its reference in another system, and its contacts.

    `spans` has an item for each contact; every item repeats the start and end of the lead.
    """

    ref: LeadRef
    reference: str | None
    spans: tuple[LeadSpan, ...]


def rematch_concerned(work: Work, leads: Sequence[LeadIdentifiers]) -> list[Deal]:
    """Match again the deals that these leads may belong to, and return the deals whose lead has changed.

    Deals sent with the id or reference of one of the leads, and deals with matchers, are always matched again. Deals
    that share a contact are matched again only if contact matching is on. The result is the same as if the leads had
    arrived before the deals.
    Ours: deals are matched again however late a lead arrives, because a late lead is just as likely to belong to a
    deal; Calltouch searches for ten minutes only.
    """
    concerned = {
        deal_id
        for kind in LeadKind
        for deal_id in _find_naming(work, [lead for lead in leads if lead.ref.kind is kind], kind)
    }
    concerned |= lead_links.find_ids_by_key(work.connection, work.site.id, _keys_of(leads))
    concerned |= _find_sharing(work, [span for lead in leads for span in lead.spans])
    return rematch_deals(work, _list_deals(work, concerned))


def rematch_sharing(work: Work, spans: Sequence[LeadSpan]) -> list[Deal]:
    """Match again the deals that share a contact with `spans`, and return the deals whose lead has changed.

    The contact may be among the deal's own contacts, if contact matching is on, or among those of its matchers. Calling
    this is enough if only the end of a lead has changed, since matching by id or reference ignores the end. Matchers
    that search by contact depend on the end: of leads that began at the same time, they choose the one that ended last.
    """
    concerned = lead_links.find_ids_by_key(work.connection, work.site.id, _contact_keys_of(spans))
    return rematch_deals(work, _list_deals(work, concerned | _find_sharing(work, spans)))


def _find_sharing(work: Work, spans: Sequence[LeadSpan]) -> set[int]:
    """Find the ids of the deals that may match by contact; there are none if contact matching is off."""
    if not work.site.contact_matching:
        return set()
    return lead_links.find_ids_by_contact(work.connection, work.site.id, spans)


def rematch_naming(work: Work, visits: Sequence[Visit]) -> list[Deal]:
    """Rematch the deals whose matchers (searches) refer to `visits`; return the deals whose match has changed."""
    keys = {(key_of_visit(visit.id), NAMED_AT) for visit in visits}
    concerned = lead_links.find_ids_by_key(work.connection, work.site.id, keys)
    return rematch_deals(work, _list_deals(work, concerned))


def rematch_tagged(work: Work, tagged: Collection[LeadRef]) -> list[Deal]:
    """Rematch the deals whose matchers may find these leads by their new tags; return the deals whose lead has changed.

    The result is the same as if the leads had had the tags before the deals arrived. Deals that already have one of the
    leads keep it, whatever tags it has lost.
    """
    leads = [LeadIdentifiers(ref, None, spans) for ref, spans in _find_spans(work, tagged).items()]
    concerned = lead_links.find_ids_by_key(work.connection, work.site.id, _keys_of(leads))
    found = _list_deals(work, concerned)
    asking = [deal for deal in found if deal.lead not in tagged and any(matcher.tags for matcher in deal.matchers)]
    return rematch_deals(work, asking)


def _find_spans(work: Work, refs: Collection[LeadRef]) -> dict[LeadRef, tuple[LeadSpan, ...]]:
    """Find the spans of each lead: one for each of its contacts, with the lead's start and end.

    A lead without contacts has no spans.
    """
    spans: dict[LeadRef, tuple[LeadSpan, ...]] = {}
    for kind in LeadKind:
        ids = [ref.id for ref in refs if ref.kind is kind]
        found = contact_rows.find_spans_of_leads(work.connection, work.site.id, kind, ids) if ids else {}
        spans |= {LeadRef(kind, lead_id): tuple(found.get(lead_id, ())) for lead_id in ids}
    return spans


def _keys_of(leads: Sequence[LeadIdentifiers]) -> set[tuple[str, datetime]]:
    """Return the keys by which matchers may find these leads, each with the time at which its lead started.

    A key that is the id of a lead has `NAMED_AT` instead of a time.
    """
    named = {(key_of_lead(lead.ref.kind, lead.ref.id), NAMED_AT) for lead in leads}
    return named | _contact_keys_of([span for lead in leads for span in lead.spans])


def _contact_keys_of(spans: Sequence[LeadSpan]) -> set[tuple[str, datetime]]:
    """Return the contacts by which matchers may find leads, plain and as MD5, each with the time its lead started."""
    keys: set[tuple[str, datetime]] = set()
    for span in spans:
        keys.add((span.contact, span.started_at))
        digest = md5_of_phone(span.contact)
        if digest is not None:
            keys.add((digest, span.started_at))
    return keys


def _find_naming(work: Work, leads: Sequence[LeadIdentifiers], kind: LeadKind) -> set[int]:
    ids = [lead.ref.id for lead in leads]
    references = [lead.reference for lead in leads if lead.reference is not None]
    return lead_links.find_ids_by_clue(work.connection, work.site.id, kind, ids, references)


@record
class RematchChunk:
    """The result of matching a chunk of deals again.

    `deals` is the number of deals, `last_id` the last of their ids, and `changed` the number of deals whose match has
    changed.
    """

    deals: int
    last_id: int
    changed: int


def rematch_next(work: Work, after_id: int) -> RematchChunk | None:
    """Match again the next deals of a site whose ids are above `after_id`; return `None` if there are none.

    Call this for each chunk in a transaction of its own: the work can then be resumed after any chunk, and
    registrations wait for one chunk at most.
    """
    lock_registrations(work)
    found = deals.list_deals_after(work.connection, work.site.id, after_id, CHUNK_DEALS)
    if not found:
        return None
    return RematchChunk(len(found), found[-1].id, len(rematch_deals(work, found)))


def rematch_orphaned(work: Work, kind: LeadKind, deleted: Sequence[int]) -> list[Deal]:
    """Match the deals of deleted leads again, and return the deals that now have a different lead or none.

    The leads are of one kind, and `deleted` has their ids.
    """
    orphaned = lead_links.find_ids_by_lead(work.connection, work.site.id, kind, deleted)
    return rematch_deals(work, _list_deals(work, orphaned), keeps_lead=False)


def _list_deals(work: Work, ids: Collection[int]) -> Sequence[Deal]:
    return deals.list_deals_by_key(work.connection, work.site.id, ids=ids, numbers=[], with_deleted=True) if ids else ()


def rematch_deals(work: Work, found: Sequence[Deal], *, keeps_lead: bool = True) -> list[Deal]:
    """Match these deals again, store the deals whose match has changed, and return them.

    If `keeps_lead` is false, a deal for which no lead is found loses its lead even if contact matching is off.
    """
    if not found:
        return []
    decisions = match_with_reasons(work.connection, work.site, [DealToMatch.of(deal) for deal in found])
    pairs = [
        (
            deal,
            rematched(
                deal,
                decision.match,
                contact_matching=work.site.contact_matching,
                keeps_lead=keeps_lead,
                now=work.now,
            ),
        )
        for deal, decision in zip(found, decisions, strict=True)
    ]
    return rebind_deals(work, [pair for pair in pairs if pair[0] is not pair[1]], VersionKind.MATCHED)


def rebind_deals(
    work: Work, pairs: Iterable[tuple[Deal, Deal]], kind: VersionKind, *, user_id: int | None = None
) -> list[Deal]:
    """Store deals whose lead or pin has changed, each as a new version, and return the deals.

    Each of `pairs` has a deal before and after the change.
    """
    changes = list(pairs)
    if not changes:
        return []
    rebound = [after for _, after in changes]
    lead_links.update_matches(work.connection, work.site.id, rebound, _find_visited_at(work, rebound))
    store_versions(work, [next_version(before, after, kind, user_id=user_id) for before, after in changes])
    return rebound


def _find_visited_at(work: Work, matched: Sequence[Deal]) -> dict[DealId, datetime]:
    """Return, by deal id, when the visit of the deal or of the deal's lead began; deals without a visit are left out.

    The function also divides the credit for those deals that were matched to a visit and have no lead.
    """
    refs = [deal.lead for deal in matched if deal.lead is not None]
    of_leads = leads.find_visited_at(work.connection, work.site.id, refs)
    found = {deal.id: of_leads[deal.lead] for deal in matched if deal.lead in of_leads}
    named = [deal.visit_id for deal in matched if deal.visit_id is not None]
    if not named:
        return found
    visits = find_visits(work.connection, work.site.id, named)
    credit_leads(work, [MatchedVisit(visit.id, visit.started_at) for visit in visits.values()])
    return found | {deal.id: visits[deal.visit_id].started_at for deal in matched if deal.visit_id in visits}


@record
class RematchProgress:
    """The number of deals matched again, the number that changed, the last matched id, and the number of all deals."""

    deals: int
    changed: int
    last_id: int
    total: int


NOTHING_DONE = RematchProgress(0, 0, 0, 0)


def run_rematch(
    database: Database,
    site: Site,
    now: Callable[[], datetime],
    *,
    after: RematchProgress = NOTHING_DONE,
    user_id: UserId | None = None,
    read_site: ReadSite | None = None,
) -> Iterator[RematchProgress]:
    """Match a site's deals again, from the ids above `after.last_id`; yield the progress at the start and per chunk.

    Each chunk is a transaction of its own, so a caller that stops iterating stops the run after a chunk. After a
    conflict with another transaction, a chunk is run again. If `read_site` is given, it reads the site's settings
    again before each chunk, and they apply instead of those of `site`. If deals were changed, this is recorded at the
    end as a change to the site.
    """
    with database.read() as connection:
        at = replace(after, total=after.deals + count_deals(connection, site.id, after.last_id))
    yield at

    def rematch_chunk() -> RematchChunk | None:
        with database.write() as connection:
            current = read_site(connection) if read_site is not None else site
            work = Work(connection, IdBlocks(database.writer), now(), current, user_id=user_id)
            chunk = rematch_next(work, at.last_id)
            if chunk is None and at.changed:
                record_change(work, work.site.id, ChangeKind.PAST, PAST_DEALS, after=str(at.changed))
            return chunk

    while (chunk := retry_conflicts(rematch_chunk)) is not None:
        at = RematchProgress(at.deals + chunk.deals, at.changed + chunk.changed, chunk.last_id, at.total)
        yield at
