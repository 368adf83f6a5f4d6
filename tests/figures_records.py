"""What a site has done, as plain lists, and as the pieces that figures count."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import groupby

from dealtrace.accounts.site import Site
from dealtrace.attribution.cost import Cost
from dealtrace.attribution.credit import AttributionModel, credits_under, touches_of
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.deals.currency import RATE_STEPS
from dealtrace.deals.deal import Deal
from dealtrace.leads.contact import normal_contacts
from dealtrace.matching.match_reason import LeadContacts, match_reason_of
from figures_pieces import MILLION, PARTS, Piece, folded, key_of_day, known, kopecks, split, word_of_visit


@dataclass(frozen=True, eq=False)
class LeadRecord:
    """A lead as it was sent, with what the site then knows of it."""

    id: int
    is_call: bool
    at: datetime
    client: int
    is_hidden: bool
    reference: str | None
    phone: str | None
    email: str | None
    visit_id: int | None
    manager: str | None = None
    tags: tuple[str, ...] = ()
    custom: Mapping[str, str] = field(default_factory=dict)
    stated: TrafficSource | None = None
    form: str | None = None
    dialled: str | None = None
    is_successful: bool | None = None
    talked: timedelta = timedelta(0)
    pbx: str | None = None


@dataclass(frozen=True, eq=False)
class Records:
    """All of a site: hidden leads among the others, deals without the deleted ones; meanings by folded status."""

    site: Site
    visits: Sequence[Visit]
    leads: Sequence[LeadRecord]
    deals: Sequence[Deal]
    costs: Sequence[Cost]
    margins: Mapping[int, Decimal]
    meanings: Mapping[str, str]
    stored_statuses: Collection[str]
    """The folded statuses that the site had room for."""
    rates: Mapping[str, Sequence[tuple[datetime, Decimal]]] = field(default_factory=dict)
    """By currency, the instants from which rates hold, earliest first, and the rubles for a unit."""
    cache: dict[object, list[Piece]] = field(default_factory=dict)
    by_day: dict[object, tuple[list[date], list[Piece]]] = field(default_factory=dict)
    days: dict[datetime | date, date] = field(default_factory=dict)
    spellings: dict[tuple[str, str], str] = field(default_factory=dict)

    def pieces(self, fact: str, model: AttributionModel, date_of: str) -> list[Piece]:
        """List the pieces of a kind of fact under a model, with the moments that a question's dates mean."""
        key = (fact, model, date_of)
        if key not in self.cache:
            makers = {"visit": self._visits, "lead": self._leads, "cost": self._costs}
            self.cache[key] = list(makers[fact](model) if fact in makers else self._deals(fact, model, date_of))
        return self.cache[key]

    def pieces_between(self, fact: str, model: AttributionModel, date_of: str, first: date, last: date) -> list[Piece]:
        """List the pieces of a kind of fact on the days from `first` to `last`."""
        key = (fact, model, date_of)
        if key not in self.by_day:
            in_order = sorted(self.pieces(*key), key=self.day)
            self.by_day[key] = [self.day(piece) for piece in in_order], in_order
        days, pieces = self.by_day[key]
        return pieces[bisect_left(days, first) : bisect_right(days, last)]

    def rate_of(self, deal: Deal) -> int | None:
        """Return the rate of a deal's currency when it was made, in millionths of a ruble; `None` without one."""
        began = [rubles for since, rubles in self.rates.get(deal.currency or "", ()) if since <= deal.happened_at]
        return int(began[-1] * RATE_STEPS) if began else None

    def worth(self, amount: Decimal | None, deal: Deal) -> int | None:
        """Return the kopecks that a sum of a deal is worth; `None` without a rate, or if it is too large."""
        hundredths = kopecks(amount)
        if hundredths is None or not is_foreign(deal):
            return hundredths
        rate = self.rate_of(deal)
        if rate is None or 2 * rate * abs(hundredths) >= 2**63:
            return None
        size = (2 * abs(hundredths) * rate + RATE_STEPS) // (2 * RATE_STEPS)
        return size if hundredths >= 0 else -size

    @cached_property
    def has_margins(self) -> bool:
        """Return whether the margin of any deal is known."""
        return any(self.worth(self.margins.get(deal.id), deal) is not None for deal in self.deals)

    def _lacks_rate(self, deal: Deal) -> bool:
        has_sums = deal.amount_rub is not None or deal.id in self.margins
        return is_foreign(deal) and has_sums and self.rate_of(deal) is None

    @cached_property
    def _visit_by_id(self) -> dict[int, Visit]:
        return {visit.id: visit for visit in self.visits}

    @cached_property
    def lead_by_id(self) -> dict[int, LeadRecord]:
        """The leads by their ids."""
        return {lead.id: lead for lead in self.leads}

    @cached_property
    def _touches(self) -> dict[int, list[Visit]]:
        owns = ((lead, self._visit_by_id.get(lead.visit_id or 0)) for lead in self.leads)
        return {lead.id: touches_of(lead.at, own, self.visits) if own else [] for lead, own in owns}

    @cached_property
    def _leads_with_deals(self) -> set[int]:
        return {deal.lead.id for deal in self.deals if deal.lead is not None}

    @cached_property
    def _leads_of_clients(self) -> dict[int, list[LeadRecord]]:
        found: dict[int, list[LeadRecord]] = defaultdict(list)
        for lead in self.leads:
            if not lead.is_hidden:
                found[lead.client].append(lead)
        return found

    def _shares(self, lead: LeadRecord | None, model: AttributionModel) -> list[tuple[Visit, int]]:
        """List the touches that a model credits with a lead, earliest first."""
        credited = credits_under(model, self._touches[lead.id]) if lead is not None else []
        shares = [(credit.visit, credit.share) for credit in credited]
        return sorted(shares, key=lambda share: (share[0].started_at, share[0].id))

    def _visits(self, model: AttributionModel) -> Iterator[Piece]:
        for visit in self.visits:
            yield Piece("visit", visit.id, visit.started_at, visit.traffic_source, lambda _: None, own=visit,
                        client=visit.visitor_id or None)  # fmt: skip

    def _costs(self, model: AttributionModel) -> Iterator[Piece]:
        for place, cost in enumerate(self.costs):
            numbers = {"cost": cost.amount_kopecks, "clicks": cost.clicks}
            unknown = frozenset({"clicks"} if cost.clicks is None else ())
            yield Piece("cost", place, cost.day_on, cost.traffic_source, lambda _: None, numbers=numbers,
                        unknown=unknown)  # fmt: skip

    def _leads(self, model: AttributionModel) -> Iterator[Piece]:
        for lead in self.leads:
            if lead.is_hidden:
                continue
            words, marks, own = self._words_of_lead(lead), self._marks_of_lead(lead), self._own(lead)
            for visit, share in self._shares(lead, model) or [(None, MILLION)]:
                source = visit.traffic_source if visit is not None else lead.stated
                yield Piece("lead", lead.id, lead.at, source, words, share, own, {}, marks, lead.client, lead.tags)

    def _own(self, lead: LeadRecord | None) -> Visit | None:
        return self._visit_by_id.get(lead.visit_id or 0) if lead is not None else None

    def _marks_of_lead(self, lead: LeadRecord) -> frozenset[str]:
        target = lead.is_call and lead.is_successful is not False and lead.talked >= self.site.target_call
        answered = lead.is_successful if lead.is_successful is not None else lead.talked > timedelta(0)
        is_ringing = lead.pbx is not None and lead.is_successful is None and not lead.talked
        marks = {
            "call": lead.is_call, "request": not lead.is_call, "target": target,
            "answered": lead.is_call and answered, "missed": lead.is_call and not answered and not is_ringing,
            "visit": lead.visit_id is not None, "deal": lead.id in self._leads_with_deals,
        }  # fmt: skip
        return frozenset(mark for mark, is_set in marks.items() if is_set)

    def _client_kind(self, lead: LeadRecord) -> str:
        is_returning = any(other.at < lead.at for other in self._leads_of_clients[lead.client])
        return "returning" if is_returning else "new"

    def _path(self, lead: LeadRecord) -> str:
        """Return the sources of a lead's visits, earliest first; the same source and medium again is no new step."""
        steps = (_step(visit.traffic_source) for visit in self._touches[lead.id])
        return " → ".join(step for step, _ in groupby(steps))

    def _words_of_lead(self, lead: LeadRecord) -> Callable[[str], object]:
        def word(name: str) -> object:
            if name.startswith("field:"):
                return lead.custom.get(name.removeprefix("field:"))
            if name == "lead_kind":
                return "call" if lead.is_call else "request"
            if name == "path":
                return self._path(lead)
            return self._client_kind(lead) if name == "client_kind" else getattr(lead, name)

        return word

    def _words_of_deal(self, deal: Deal, lead: LeadRecord | None) -> Callable[[str], object]:
        of_lead = self._words_of_lead(lead) if lead is not None else lambda _: None

        def word(name: str) -> object:
            if name.startswith("field:"):
                return (deal.custom_values or {}).get(name.removeprefix("field:"))
            if name == "match_reason":
                return self._reason(deal, lead)
            return (
                of_lead(name)
                if name in ("lead_kind", "form", "dialled", "client_kind", "path")
                else getattr(deal, name)
            )

        return word

    def _reason(self, deal: Deal, lead: LeadRecord | None) -> str:
        contacts = lead and LeadContacts(lead.reference, frozenset(normal_contacts(lead.phone, lead.email)))
        return str(match_reason_of(deal, contacts, contact_matching=self.site.contact_matching))

    def _moment(self, fact: str, deal: Deal, lead: LeadRecord | None, date_of: str) -> datetime:
        if date_of == "lead" and lead is not None:
            return lead.at
        if date_of == "changed":
            return (deal.status_since if fact == "won" else deal.changed_at) or deal.happened_at
        return deal.happened_at

    def _lead_of(self, deal: Deal) -> LeadRecord | None:
        return self.lead_by_id[deal.lead.id] if deal.lead is not None else None

    def _meaning(self, deal: Deal) -> str:
        return self.meanings.get(deal.status.strip().casefold(), "open")

    def _first_won(self, fact: str, date_of: str) -> set[int]:
        """Return the ids of the first won deals of all clients; of one moment, all are the first."""
        moments: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
        for deal in self.deals:
            lead = self._lead_of(deal)
            if lead is not None and self._meaning(deal) == "won":
                moments[lead.client].append((self._moment(fact, deal, lead, date_of), deal.id))
        return {deal_id for won in moments.values() for at, deal_id in won if at == min(won)[0]}

    def _deals(self, fact: str, model: AttributionModel, date_of: str) -> Iterator[Piece]:
        first_won = self._first_won(fact, date_of)
        for deal in self.deals:
            lead = self._lead_of(deal)
            marks = {self._meaning(deal), "matched" if lead is not None or deal.stated_source else "unmatched"}
            amount, margin = self.worth(deal.amount_rub, deal), self.worth(self.margins.get(deal.id), deal)
            further = {
                "with lead": lead is not None,
                "first": deal.id in first_won,
                "sum": amount is not None,
                "unrated": self._lacks_rate(deal),
            }
            marks |= {mark for mark, is_set in further.items() if is_set}
            stated = lead.stated if lead is not None else deal.stated_source
            sums = {"amount": (deal.amount_rub, amount), "margin": (self.margins.get(deal.id), margin)}
            unknown = frozenset(name for name, (sent, worth) in sums.items() if sent is not None and worth is None)
            shares = self._shares(lead, model) or [(None, MILLION)]
            if fact == "assist":
                shares = [(visit, MILLION) for visit in self._touches[lead.id][:-1]] if lead is not None else []
            amounts = split(amount, [share for _, share in shares])
            margins = split(margin, [share for _, share in shares])
            touches = self._touches[lead.id] if lead is not None else []
            times = {
                "seconds from lead": _seconds_between(lead.at if lead is not None else None, deal),
                "seconds from first": _seconds_between(touches[0].started_at if touches else None, deal),
            }
            for place, (visit, share) in enumerate(shares):
                seconds = _seconds_between(visit.started_at if visit is not None else None, deal)
                numbers = {"amount": amounts[place], "margin": margins[place], "seconds": seconds, **times}
                yield Piece(
                    fact, deal.id, self._moment(fact, deal, lead, date_of),
                    visit.traffic_source if visit is not None else stated, self._words_of_deal(deal, lead), share,
                    self._own(lead), numbers, frozenset(marks), lead.client if lead is not None else None, deal.tags,
                    unknown,
                )  # fmt: skip

    def keys(self, piece: Piece, name: str) -> tuple[str | None, ...]:
        """List the keys that a piece has in a dimension: one, or each of its tags; names are folded."""
        if name not in piece.keys:
            piece.keys[name] = self._keys(piece, name)
        return piece.keys[name]

    def _keys(self, piece: Piece, name: str) -> tuple[str | None, ...]:
        if name in PARTS:
            return (folded(getattr(piece.source, name)) if piece.source is not None else None,)
        if name == "tag":
            return tuple({tag: tag for tag in piece.tags if known(tag) is not None}) or (None,)
        if name in ("hour", "own_hour"):
            at = piece.at if name == "own_hour" else piece.own.started_at if piece.own else None
            return (f"{at.astimezone(self.site.time_zone).hour:02}" if isinstance(at, datetime) else None,)
        if name in ("weekday", "day", "week", "month", "quarter"):
            return (key_of_day(name, self.day(piece)),)
        if name in ("city", "device", "browser", "os", "landing_page"):
            return (known(word_of_visit(piece.own, name)) if piece.own is not None else None,)
        return (folded(str(piece.words(name))) if name == "status" else known(piece.words(name)),)

    def day(self, piece: Piece) -> date:
        """Return the day of the site on which a piece falls."""
        if piece.at not in self.days:
            is_moment = isinstance(piece.at, datetime)
            self.days[piece.at] = piece.at.astimezone(self.site.time_zone).date() if is_moment else piece.at  # type: ignore[union-attr]
        return self.days[piece.at]

    def spelling(self, name: str, key: str | None) -> str | None:
        """Return a key as it is shown: names of sources and statuses in their commonest spelling."""
        if key is None or (name not in PARTS and name != "status"):
            return key
        if name == "status" and key not in self.stored_statuses:
            return key
        if (name, key) not in self.spellings:
            found = self._status_spellings[key] if name == "status" else self._part_spellings[name, key]
            self.spellings[name, key] = min(found, key=lambda spelling: (-found[spelling], spelling))
        return self.spellings[name, key]

    @cached_property
    def _status_spellings(self) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for deal in self.deals:
            found[deal.status.strip().casefold()][deal.status.strip()] += 1
        return found

    @cached_property
    def _part_spellings(self) -> dict[tuple[str, str], Counter[str]]:
        """Count the spellings of parts in visits, costs, and the sources stated by leads and deals without a lead."""
        found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        stated = [lead.stated for lead in self.leads if not lead.is_hidden]
        stated += [lead.stated if (lead := self._lead_of(deal)) else deal.stated_source for deal in self.deals]
        named = [visit.traffic_source for visit in self.visits] + [cost.traffic_source for cost in self.costs]
        for source in (*named, *(each for each in stated if each is not None)):
            for part in PARTS:
                spelling = getattr(source, part)
                found[part, spelling.strip().casefold()][spelling.strip()] += 1
        return found


def is_foreign(deal: Deal) -> bool:
    """Return whether the sums of a deal are not in rubles."""
    return deal.currency is not None and deal.currency != "rub"


def _step(source: TrafficSource) -> str:
    medium = folded(source.medium)
    return (folded(source.source) or "(not set)") + (f" / {medium}" if medium not in (None, "(none)") else "")


def _seconds_between(since: datetime | None, deal: Deal) -> int | None:
    """Return the time from a touch or lead to a deal, each in whole seconds, `None` without one."""
    if since is None:
        return None
    return (deal.happened_at.replace(microsecond=0) - since.replace(microsecond=0)) // timedelta(seconds=1)
