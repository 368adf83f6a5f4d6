"""What happens at small random sites: few values of each kind, so that they meet, and those where mistakes are made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from cast import Player, Stage
from dealtrace.attribution.cost import Cost
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.deals.currency import CurrencyRate
from dealtrace.deals.lead_clue import NO_CLUE, LeadClue
from dealtrace.deals.registration import Registration
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import Circumstances, IncomingCall
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_request import IncomingLeadRequest
from write_commands import by_call, by_contact, by_lead_request, change, registration

CURRENCIES = (None, None, None, None, "rub", "usd", "usd", "eur", "gbp")
"""The currencies of deals; gbp never has a rate."""
RATES = ("0.000001", "0.5", "1", "90.123456", "92.5", "92.500001", "1000000")
FORMULA_METRICS = ("deals", "leads", "visits", "won_amount", "cost", "roi", "average", "cac", "match_rate", "visitors")
ZONES = (
    "Europe/Moscow", "Europe/Berlin", "America/New_York", "Atlantic/Azores", "Australia/Lord_Howe", "Asia/Kathmandu",
    "America/Sao_Paulo", "America/Santiago", "Pacific/Kiritimati", "Africa/Casablanca", "Asia/Tehran", "UTC",
)  # fmt: skip
PRESENT_DAYS = tuple(
    date.fromisoformat(day)
    for day in ("2026-11-10", "2026-03-30", "2026-11-02", "2028-02-29", "2028-03-02", "2026-01-02", "1997-02-17",
                "2018-11-05", "2100-12-31", "2010-10-31")
)  # fmt: skip
CLOCKS = ("00:00:00", "00:00:01", "23:59:59.999999", "01:30:00", "02:30:00", "12:00:00", "11:59:59.5", "18:45:10")
DAYS_BACK = (*range(10), 13, 14, 20, 27, 28, 29, 30, 31, 60, 89, 91, 364, 365, 366, 371, -1, -2)
SAY_NOTHING = (
    "", " ", "(not set)", "(Not Set) ", "<не заполнено>", "‹Не заполнено›", "‹НЕ ЗАПОЛНЕНО›", "‹Не Заполнено›",
    "<нЕ зАПолнеНо> ", "(not \u017fet)", "\u00a0", "\t",
)  # fmt: skip
NAMES = (None, "Ivan", "ivan", " Ivan", "Мария", "a:b|c,d\\e", "100%_", "ёж", *SAY_NOTHING)
SOURCES = ("yandex", "Yandex", "YANDEX ", "google", "Google", "(direct)", "vk", "ß", "SS", "Яндекс", "яндекс", "ЯНДЕКС")
MEDIUMS = ("cpc", "CPC", "organic", "(none)", "", "(not set)")
CAMPAIGNS = ("", "Brand", "brand", "sale|50", "<не заполнено>")
TAGS = ("vip", "VIP", "a,b", "", "(not set)", "срочно")
STATUSES = (
    "new", "New", " NEW ", "won", "WON", "Won ", "lost", "Отказ", "отказ", "", "  ", "(not set)", "Оплачен", "ОПЛАЧЕН",
    "Straße 1", "STRASSE 1", "‹Не Заполнено›", "\u00a0Σίσυφος", "ΣΊΣΥΦΟΣ",
)  # fmt: skip
AMOUNTS = (
    None, "0", "100", "99.995", "0.005", "-0.005", "-33.335", "12345.6789", "0.01", "0.02", "1000000.01",
    "900000000000000", "-900000000000000",
)  # fmt: skip
PAGES = ("https://shop.ru/", "https://shop.ru/?utm=1#x", "https://shop.ru/#a?b", "/price#top", *SAY_NOTHING[:3])
PHONES = ("79205550055", "+7 (920) 555-00-55", "8 921 555-00-66, 79205550055", "8-921-555-00-66", "нет", "")
EMAILS = ("ann@example.org", "Ann@Example.org", "bob@example.org, ann@example.org", "нет", None)
FIELDS = ("margin", "a:b,c|d", "0", "$x", 'q"t', "[0]", "сумма")
REFERENCES = tuple(f"r{number}" for number in range(6))
Item = TypeVar("Item")


def mostly(random: Random, items: Sequence[Item], usual: Sequence[Item]) -> Item:
    """Choose one of the usual items, or now and then of all."""
    return random.choice(items if random.random() < 0.35 else usual)


@dataclass
class Chance:
    """Draws what happens at a site by chance, from what is there already; nothing of it is stored yet."""

    random: Random
    stage: Stage
    player: Player
    today: date
    now: datetime
    visits: list[Visit] = field(default_factory=list)
    leads: dict[int, IncomingCall | IncomingLeadRequest] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the site."""
        return self.player.site.time_zone

    def moment(self) -> datetime:
        """Return an instant: on the days and at the times where mistakes are made."""
        if self.random.random() < 0.1:
            return self.now + self.random.choice((-1, 0, 1)) * timedelta(microseconds=1)
        day = self.today - timedelta(days=self.random.choice(DAYS_BACK))
        clock = self.random.choice(CLOCKS)
        return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=self.zone).astimezone(UTC)

    def source(self) -> TrafficSource:
        choose = self.random.choice
        return TrafficSource(
            mostly(self.random, (*SOURCES, *SAY_NOTHING), SOURCES), choose(MEDIUMS), choose(CAMPAIGNS),
            choose(("", "ad1", "AD1")), choose(("", "окна", "Окна")),
        )  # fmt: skip

    def stated(self) -> TrafficSource | None:
        return self.source() if self.random.random() < 0.4 else None

    def custom(self) -> dict[str, str]:
        names = [*self.player.site.custom_fields, "unknown"]
        return {name: mostly(self.random, NAMES[1:], NAMES[1:4]) or "" for name in names if self.random.random() < 0.5}

    def tags(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.random.choices(TAGS, k=self.random.randrange(4))))

    def amount(self) -> Decimal | None:
        text = self.random.choice(AMOUNTS)
        return Decimal(text) if text is not None else None

    def visit(self) -> Visit:
        """Make a visit that is not stored yet."""
        choose = self.random.choice
        return Visit(
            self.stage.ids.take_visit_id(), choose(("ann", "bob", "cat", "")), self.moment(), self.source(),
            landing_url=choose(PAGES), city=choose(("Москва", "Paris", "", "(not set)")),
            device=choose(("", "desktop", "mobile")), os=choose(("", "Linux")), browser=choose(("", "Firefox")),
        )  # fmt: skip

    def visit_id(self) -> Any:
        """Return the id of a visit that is or will be stored, of none, or nothing."""
        return self.random.choice([None, *(visit.id for visit in self.visits), *(visit.id for visit in self.visits), 5])

    def annotations(self) -> Annotations:
        return Annotations(mostly(self.random, NAMES, NAMES[:4]), None, self.tags(), self.custom(), self.stated())

    def call(self, reference: str | None) -> IncomingCall:
        circumstances = Circumstances(
            is_successful=self.random.choice((None, None, True, False)),
            dialled_phone=self.random.choice((None, "74951112233", "", "(not set)")),
            pbx=self.random.choice((None, "mango")),
        )
        return IncomingCall(
            self.moment(), timedelta(seconds=self.random.choice((0, 0, 0, 1, 29, 30, 31, 300))),
            self.random.choice(PHONES), reference=reference, visit_id=self.visit_id(), circumstances=circumstances,
            annotations=self.annotations(),
        )  # fmt: skip

    def lead_request(self, number: str | None) -> IncomingLeadRequest:
        return IncomingLeadRequest(
            self.moment(), phone=self.random.choice((None, *PHONES)), email=self.random.choice(EMAILS), number=number,
            form_name=mostly(self.random, NAMES[1:], NAMES[1:3]) or "", visit_id=self.visit_id(),
            annotations=self.annotations(),
        )  # fmt: skip

    def clue(self) -> LeadClue:
        """Make what a CRM knows of a lead: an id or a reference of one, contacts, both or nothing."""
        choose, random = self.random.choice, self.random.random
        clue = NO_CLUE
        if random() < 0.6:
            days = timedelta(days=choose((0, 1, 30, 400)))
            only = choose((None, None, None, *LeadKind))
            clue = by_contact(choose((None, *PHONES[:-1])), choose(EMAILS), threshold=days, only=only)
            if clue.contact is not None and clue.contact.phone is None and clue.contact.email is None:
                clue = NO_CLUE
        if random() < 0.6:
            ids = [*self.leads, 77]
            name = choose((by_call, by_lead_request))
            lead_id, reference = choose((None, choose(ids))), choose((None, *REFERENCES, " r1 "))
            if lead_id is not None or reference is not None:
                clue = name(lead_id, reference, clue=clue)
        return clue

    def registration(self, number: str | None) -> Registration:
        return registration(
            number, status=self.random.choice(STATUSES), amount_rub=self.amount(), happened_at=self.moment(),
            service=self.random.choice(("AmoCRM", "Bitrix24", "", "(not set)")),
            manager=mostly(self.random, NAMES, NAMES[:4]), tags=self.tags(), custom_values=self.custom(),
            stated_source=self.stated(), clue=self.clue(), currency=self.random.choice(CURRENCIES),
        )  # fmt: skip

    def cost(self) -> Cost:
        day = self.today - timedelta(days=self.random.choice(DAYS_BACK))
        kopecks, clicks = self.random.choice((1, 1000, 33333, 10**12)), self.random.choice((None, 0, 1, 7))
        return Cost(day, self.source(), kopecks, clicks, None)

    def rate(self) -> CurrencyRate:
        """Make a rate of usd or eur, from a day on."""
        day = self.today - timedelta(days=self.random.choice([days for days in DAYS_BACK if days >= 0]))
        return CurrencyRate(self.random.choice(("usd", "usd", "eur")), day, Decimal(self.random.choice(RATES)))

    def change(self, deal_id: int) -> Any:
        """Draw a change of a deal."""
        fields = {
            "status": self.random.choice(STATUSES), "amount_rub": self.amount(), "tags": self.tags(),
            "manager": self.random.choice(NAMES[1:]), "custom_values": self.custom(),
            "source_parts": {"source": self.random.choice(SOURCES)}, "currency": self.random.choice(CURRENCIES),
        }  # fmt: skip
        return change(deal_id, **{name: value for name, value in fields.items() if self.random.random() < 0.4})
