"""A site of the cabinet that has something of everything, all of it named as badly as names can be."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from cast import Player, Stage
from dealtrace.attribution.traffic_source import SOURCE_LENGTH_MAX, TrafficSource
from dealtrace.deals.details import ContactBook, DealDetails, Product
from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.leads.call import Circumstances
from dealtrace.leads.file_import import FileImport, ImportedFile
from dealtrace.leads.lead import LeadKind
from dealtrace.mails.subscription import MailList, Subscription, link_key
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.accounts.custom_fields import count_unknown_fields
from dealtrace.storage.leads.file_imports import insert_file_import, insert_imported_rows
from dealtrace.storage.mails.unsubscriptions import find_signing_key
from guests import Guest, member_of, new_user, text_of
from server import ServerProcess
from write_commands import by_contact, register, registration

PHONE = "79205550055"
NUMBER = "A-100"
LONG = "w" * 120
HOSTILE = f"<script>throw 1</script>\"' \u202eevil {LONG}"
CALLS = "callId;date;clientPhoneNumber\n1;26.03.2018 10:00:00;79205550001\n2;yesterday;79205550002\n"
COSTS = f"Дата;Источник;Канал;Кампания;Расход\n26.03.2018;yandex;cpc;{LONG};1500,50\n"
LISTED = f"orderNumber;orderDate;orderStatus;sum\n{LONG};26.03.2018 10:00:00;{LONG};1000\n"

COST_FORM = {
    "system": "yandex", "account": "main", "campaign": "auto", "source": "", "medium": "", "vat": "", "percent": "",
    "rate": "",
}  # fmt: skip
MAILED = {"recipients": f"{'w' * 60}@example.com"}
ALERT = {"kind": "above", "metric": "deals", "window": "day", "amount": "3"}


@dataclass(frozen=True)
class FilledSite:
    """A site, the owner of the installation, and what stands in the paths of its pages."""

    player: Player
    owner: Guest
    places: Mapping[str, str]

    def path_of(self, page: str) -> str:
        """Return the path of a page of the table of pages; `{key}` is that of a file, or of a link, for its page."""
        kind = page.rpartition("/{key}")[0].rpartition("/")[2]
        places = {**self.places, "key": self.places.get(kind, "")}
        return "/cabinet" + re.sub(r"\{(\w+)(?::\w+)?\}", lambda name: places[name[1]], page)


def fill_site(server: ServerProcess, stage: Stage) -> FilledSite:
    """Open a site, fill it with what has happened in the last days, and log its owner in."""
    player = stage.open_site(contact_matching=True, fields=["margin"], name=f"Shop {LONG}")
    now = datetime.now(UTC)
    source = TrafficSource("yandex", "cpc", HOSTILE)
    visit = stage.visit(player, now - timedelta(days=2), source, landing_url=f"https://shop.example/{LONG}")
    recording = Circumstances(record_url=f"https://pbx.example/{LONG}", is_successful=True)
    heard = {"visit_id": visit.id, "client_name": HOSTILE, "circumstances": recording}
    call = stage.call(player, now - timedelta(days=2), **heard)
    missed = Circumstances(is_successful=False)
    stage.call(player, now - timedelta(hours=3), phone="79205550099", seconds=0, circumstances=missed)
    stage.lead_request(player, now - timedelta(days=3), phone=PHONE, form_name=HOSTILE)
    deals = [
        registration(
            number,
            clue=by_contact(PHONE),
            happened_at=now - timedelta(days=2) + timedelta(minutes=20),
            amount_rub=Decimal(1500),
            status=HOSTILE,
            comment=HOSTILE,
            manager=HOSTILE,
        )
        for number in (NUMBER, HOSTILE)
    ]
    receipt, _ = stage.perform(register_deals, player, *deals)
    products = (Product(LONG, Decimal(5), HOSTILE), Product(HOSTILE))
    details = DealDetails(HOSTILE, HOSTILE, f"https://crm.example/{LONG}", products, ContactBook(LONG, (PHONE,)))
    further = {"matchers": _matchers(now), "details": details, "currency": "usd"}
    matched = register(stage, player, "2.0", happened_at=now, **further)
    long_source = TrafficSource("s" * SOURCE_LENGTH_MAX, LONG, LONG, LONG, LONG)
    stage.visit(player, now - timedelta(hours=5), long_source, visitor="other", landing_url=f"https://a.example/{LONG}")
    register(stage, player, "3.0", happened_at=now, stated_source=long_source)
    with stage.database.write() as connection:
        count_unknown_fields(connection, player.site.id, {LONG[:100]: 21, f"о{LONG[:99]}": 1}, now)
    owner = member_of(server, stage, player.site.id, None)
    client = re.search(r"/people/(\d+)", owner.get(f"leads/call/{call.id}").text)
    assert client is not None
    places = {"site": player.site.id, "deal": receipt.deal_id, "kind": "call", "lead": call.id, "client": client[1]}
    places["matched"] = matched
    vera = new_user(stage.database, {player.site.id: "reader"}, login=f"{LONG}{player.site.id}@example.com")
    places |= {"user": vera.id, "number": _remember_import(stage, player, receipt.deal_id), **_fill_settings(owner)}
    mailed = Subscription(player.site.id, MailList.REPORT, int(str(places["report"])), MAILED["recipients"])
    with stage.database.read() as connection:
        places["unsubscribe"] = link_key(mailed, find_signing_key(connection))
    return FilledSite(player, owner, {name: str(place) for name, place in places.items()})


def _remember_import(stage: Stage, player: Player, deal_id: int) -> int:
    """Have a deal added by a file, and return the number of the import, which no other site has."""
    number = player.site.id
    with stage.database.write() as connection:
        begun = FileImport("d", datetime.now(UTC), number=number)
        insert_file_import(connection, player.site.id, begun, ImportedFile("deal", HOSTILE))
        insert_imported_rows(connection, player.site.id, number, [deal_id])
    return number


def _matchers(now: datetime) -> tuple[Matcher, ...]:
    """Return matchers of deals 2.0: the first finds nothing, the second a lead, and the others are not tried."""
    by_phone = Matcher(MatcherKind.CONTACT, tuple(LeadKind), contacts=(PHONE,), until=now, depth=timedelta(days=9))
    stated = Matcher(MatcherKind.SOURCE, source=TrafficSource("yandex", "cpc", HOSTILE))
    return replace(by_phone, tags=(LONG,)), by_phone, stated, by_phone


def _fill_settings(owner: Guest) -> dict[str, str]:
    """Fill the settings by their own forms, and return the parts of paths that came of it."""
    hook = owner.send("settings/webhooks", url="https://crm.example/hook", style="form", event="deal.created")
    owner.send("settings/fields", name=HOSTILE[-100:])
    owner.send("settings/hosts", kind="own", host=f"{'w' * 60}.example", agreed=f"+ own {'w' * 60}.example")
    owner.send("settings/rates", currency="w" * 16, rubles="0.000123")
    owner.send("settings/columns", name="Wert", formula="amount / deals")
    owner.send("settings/users/invitation", role="reader")
    imports = owner.send("settings/imports", files={"file": ("calls.csv", CALLS.encode())}, noun="call", encoding="")
    costs = owner.send("costs", files={"file": ("costs.csv", COSTS.encode())}, **COST_FORM)
    agreement = owner.send("settings/agreement", files={"file": ("list.csv", LISTED.encode())}, encoding="")
    owner.send_seen("settings/alerts", **ALERT, filters=f"manager:is:{HOSTILE}", recipients="a@example.com")
    owner.send("reports/saved", name=LONG[:100], whose="site", query="by=campaign&metrics=leads")
    owner.send("reports/segments", name=HOSTILE[-100:], whose="site", query=f"filter=manager:is:{HOSTILE}")
    owner.send("settings/mail-reports", title=LONG[:100], question="metrics=deals", rhythm="daily", hour="9", **MAILED)
    report = re.search(r'settings/mail-reports/(\d+)"', owner.get("settings/mail-reports").text)
    alert = re.search(r'settings/alerts/(\d+)"', owner.get("settings/alerts").text)
    link = owner.post("settings/shared", name=HOSTILE[-100:], query="by=campaign&metrics=leads&period=28d", days="30")
    shared = re.search(r"/cabinet/shared/([\w-]+)", link.text)
    assert alert is not None
    assert report is not None
    assert shared is not None
    answers = {"webhook": hook, "imports": imports, "costs": costs, "agreement": agreement}
    for name, answer in answers.items():
        assert answer.is_redirect, (name, text_of(answer.text))
    leads_to = {name: re.split(r"[?#]", answer.headers["location"])[0] for name, answer in answers.items()}
    made = {name: path.rpartition("/")[2] for name, path in leads_to.items()}
    return {**made, "alert": alert[1], "report": report[1], "shared": shared[1]}
