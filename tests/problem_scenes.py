"""Scenes that bring each problem of a site about, as its overview and `dealtrace doctor` show them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_days import site_day
from dealtrace.accounts.webhook import BodyStyle, EventKind
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.mails.recipient import Recipient
from dealtrace.mails.scheduled_report import Rhythm
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.mails.scheduled_reports import NewScheduledReport, schedule_report
from dealtrace.operations.overview.problems import ProblemKind
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.reports.manage_segments import add_segment, remove_segment
from dealtrace.operations.webhooks.create import NewWebhook, create_webhook
from dealtrace.reports.question import RawQuestion
from dealtrace.reports.saved_items.names import SavedName
from dealtrace.reports.statuses import Meaning
from dealtrace.storage.accounts.custom_fields import count_unknown_fields
from dealtrace.storage.accounts.points import spend_points
from dealtrace.storage.accounts.unknown_names import count_unknown_parameters, fit_unknown_parameters
from dealtrace.storage.reports.known_statuses import KnownStatuses
from dealtrace.storage.reports.statuses import insert_statuses, update_meaning
from dealtrace.storage.webhooks.webhooks import update_webhook
from write_commands import by_contact, registration

PHONE = "79205550055"
POINTS = 100
HOOK = "https://crm.example/hook?secret=5"


@dataclass(frozen=True)
class Scene:
    """What brings a problem about, its message, its cure, the page of the cure below the site, and who may open it.

    In `place`, `{id}` is the id that `happens` returns.
    """

    happens: Callable[[Stage, Player], object]
    message: str
    cure: str
    place: str
    role: Role = Role.OWNER


def silence_the_service(stage: Stage, player: Player) -> None:
    """Register deals of one service twenty days ago, and none since."""
    then = datetime.now(UTC) - timedelta(days=20)
    sent = [registration(f"S-{place}", happened_at=then, service="Bitrix24") for place in range(20)]
    stage.perform(register_deals, player, *sent, now=then)


def silence_the_counter(stage: Stage, player: Player) -> None:
    """Store a visit of the day before yesterday, and none since."""
    stage.visit(player, datetime.now(UTC) - timedelta(days=2), TrafficSource("yandex", "cpc"))


def stop_the_costs(stage: Stage, player: Player) -> None:
    """Import costs of a fortnight that ended six days ago, and none since."""
    today = site_day(datetime.now(UTC), player.site.time_zone)
    days = [today - timedelta(days=ago) for ago in range(6, 20)]
    stage.ids.ensure(10)
    costs = [Cost(day, TrafficSource("yandex", "cpc", "spring"), 100_00) for day in days]
    with stage.database.write() as connection:
        import_costs(stage.work(connection, player), CostAccount("yandex", "main"), set(days), costs)


def spend_all_points(stage: Stage, player: Player) -> None:
    """Spend the points of today."""
    today = site_day(datetime.now(UTC), player.site.time_zone)
    with stage.database.write() as connection:
        assert spend_points(connection, player.site.id, today, POINTS, points_per_day=POINTS)


def spend_nearly_all_points(stage: Stage, player: Player) -> None:
    """Spend most points of today."""
    today = site_day(datetime.now(UTC), player.site.time_zone)
    with stage.database.write() as connection:
        assert spend_points(connection, player.site.id, today, POINTS - 5, points_per_day=POINTS)


def fail_a_webhook(stage: Stage, player: Player) -> int:
    """Create a webhook whose latest attempts failed."""
    later = datetime.now(UTC) + timedelta(hours=9)
    return _webhook(stage, player, failing_since=datetime.now(UTC), failures=3, next_attempt_at=later)


def pause_a_webhook(stage: Stage, player: Player) -> int:
    """Create a webhook that is paused."""
    return _webhook(stage, player, paused_at=datetime.now(UTC), pause_reason="404")


def _webhook(stage: Stage, player: Player, **state: object) -> int:
    stage.ids.ensure(10)
    new = NewWebhook(player.site.id, HOOK, frozenset(EventKind), BodyStyle.JSON)
    with stage.database.write() as connection:
        made = create_webhook(account_work(connection, datetime.now(UTC), stage.ids), new)
        update_webhook(connection, made.id, state)
    return made.id


def remove_what_a_report_needs(stage: Stage, player: Player) -> int:
    """Schedule a report that is filtered by a segment, remove the segment, and schedule one without filters."""
    now, brand = datetime.now(UTC), SavedName("Brand", None)
    stage.ids.ensure(10)
    needy, plain = RawQuestion(metrics="deals", segment="Brand"), RawQuestion(metrics="deals")
    made = []
    with stage.database.write() as connection:
        add_segment(account_work(connection, now).at(player.site), brand, ("source:is:yandex",))
        for title, words in (("Needy", needy), ("Plain", plain)):
            new = NewScheduledReport(title, words, Rhythm.DAILY, 9, (Recipient("a@example.com"),))
            made.append(schedule_report(account_work(connection, now, stage.ids).at(player.site), new))
        remove_segment(account_work(connection, now).at(player.site), brand)
    return made[0].id


def mark_no_status_as_won(stage: Stage, player: Player) -> None:
    """Store a status of lost deals only."""
    with stage.database.write() as connection:
        update_meaning(connection, player.site.id, ["Refused"], Meaning.LOST, datetime.now(UTC))


def register_statuses_that_nobody_classified(stage: Stage, player: Player) -> None:
    """Register deals with two statuses of which nobody has said what they mean, and one of a status that is open."""
    moment = datetime.now(UTC) - timedelta(minutes=5)
    statuses = ("Shipped", "shipped ", "Weighed", "Working")
    deals = [registration(f"C-{place}", happened_at=moment, status=each, amount_rub=Decimal(1000)) for place, each in
             enumerate(statuses)]  # fmt: skip
    stage.perform(register_deals, player, *deals)
    with stage.database.write() as connection:
        for status in statuses:
            insert_statuses(connection, player.site.id, {status}, moment, KnownStatuses())
        update_meaning(connection, player.site.id, ["working"], Meaning.OPEN, moment)


def register_unusable_contacts(stage: Stage, player: Player) -> None:
    """Register deals with a bad phone or e-mail, one of them long ago, and one with a good phone."""
    moment = datetime.now(UTC) - timedelta(minutes=5)
    clues = {"bad phone": by_contact("soon"), "bad e-mail": by_contact(PHONE, "nowhere"), "good": by_contact(PHONE)}
    deals = [registration(number, happened_at=moment, clue=clue) for number, clue in clues.items()]
    old = registration("old", happened_at=moment - timedelta(days=9), clue=by_contact("later"))
    stage.perform(register_deals, player, *deals, old)


def call_from_an_unusable_phone(stage: Stage, player: Player) -> None:
    """Store a call from a number that is none, one without a number, and one from a number."""
    for phone in ("+7 (___) ___-__-__", "", PHONE):
        stage.call(player, datetime.now(UTC) - timedelta(minutes=5), phone=phone)


def send_an_unusable_form(stage: Stage, player: Player) -> None:
    """Register two lead requests with a bad phone or e-mail, and one with a good phone."""
    for contacts in ({"phone": PHONE, "email": "no e-mail"}, {"phone": "soon"}, {"phone": PHONE}):
        stage.lead_request(player, datetime.now(UTC) - timedelta(minutes=5), **contacts)


def send_unknown_parameters(stage: Stage, player: Player) -> None:
    """Count parameters that an endpoint does not have: two today, and one last seen long ago."""
    now = datetime.now(UTC)
    with stage.database.write() as connection:
        for names, at in ((("ordersum", "stat"), now), (("gone",), now - timedelta(days=9))):
            seen = {("/orders/register", name): 2 for name in names}
            counted = fit_unknown_parameters(connection, player.site.id, seen)
            count_unknown_parameters(connection, player.site.id, counted, {}, at)


def send_unknown_fields(stage: Stage, player: Player) -> None:
    """Count fields that the site does not store, as a request that has them does."""
    with stage.database.write() as connection:
        count_unknown_fields(connection, player.site.id, {"roi <b>": 3, "branch": 1}, datetime.now(UTC))


def register_in_a_currency_without_a_rate(stage: Stage, player: Player) -> None:
    """Register a deal of today in dollars."""
    moment = datetime.now(UTC) - timedelta(minutes=5)
    visit = stage.visit(player, moment, TrafficSource("yandex", "cpc"))
    by_visit = (Matcher(MatcherKind.VISIT, visit_ids=(visit.id,)),)
    deal = registration("D-1", happened_at=moment, currency="usd", matchers=by_visit)
    stage.perform(register_deals, player, deal)


SCENES: Mapping[ProblemKind, Scene] = {
    ProblemKind.SERVICE_SILENT: Scene(
        silence_the_service, "Bitrix24 has not sent any deals since ", "Check the CRM’s connection", "requests"
    ),
    ProblemKind.COUNTER_SILENT: Scene(
        silence_the_counter, "No visits have been counted since ", "Check that the counter is", "settings/counter"
    ),
    ProblemKind.COSTS_STOPPED: Scene(
        stop_the_costs,
        "Costs came regularly, but are known only up to ",
        "Import the costs since then.",
        "costs#import",
        Role.ANALYST,
    ),
    ProblemKind.POINTS_SPENT: Scene(
        spend_all_points, f"All {POINTS} points for today have been spent", "Increase the daily limit", "settings/site"
    ),
    ProblemKind.POINTS_NEARLY_SPENT: Scene(
        spend_nearly_all_points,
        f"{POINTS - 5} of the {POINTS} points for today have been spent",
        "Increase the daily limit",
        "settings/site",
    ),
    ProblemKind.WEBHOOK_PAUSED: Scene(
        pause_a_webhook,
        "crm.example is paused, so nothing is sent to it.",
        "See why the webhook is paused, and resume it.",
        "settings/webhooks/{id}",
    ),
    ProblemKind.WEBHOOK_FAILED: Scene(
        fail_a_webhook, "crm.example is failing.", "Check the log of the webhook", "settings/webhooks/{id}"
    ),
    ProblemKind.DEALS_UNUSABLE: Scene(
        register_unusable_contacts,
        "Deals of the last 7 days with an invalid phone or e-mail: 2. Such a contact matches no lead.",
        "See these deals",
        "deals?period=7d&contact=unusable",
        Role.ANALYST,
    ),
    ProblemKind.CALLS_UNUSABLE: Scene(
        call_from_an_unusable_phone,
        "Calls of the last 7 days with an invalid phone: 1. Such a phone matches no deal.",
        "See these calls",
        "leads?period=7d&contact=unusable&tab=calls",
        Role.ANALYST,
    ),
    ProblemKind.REQUESTS_UNUSABLE: Scene(
        send_an_unusable_form,
        "Lead requests of the last 7 days with an invalid phone or e-mail: 2. Such a contact matches no deal.",
        "See these lead requests",
        "leads?period=7d&contact=unusable&tab=requests",
        Role.ANALYST,
    ),
    ProblemKind.MAIL_REPORT_INVALID: Scene(
        remove_what_a_report_needs,
        "The report by e-mail “Needy” can no longer be generated, so it is not sent. Segment: ",
        "Open the settings of this report and replace the URL of the report",
        "settings/mail-reports/{id}",
        Role.ANALYST,
    ),
    ProblemKind.NO_WON_STATUS: Scene(
        mark_no_status_as_won,
        "No status is marked as won",
        "Choose the statuses of won deals.",
        "settings/statuses",
        Role.ANALYST,
    ),
    ProblemKind.STATUSES_UNCLASSIFIED: Scene(
        register_statuses_that_nobody_classified,
        "their deals count as open: Shipped, Weighed. Such deals in the last 28 days: 3, worth 3 000 ₽.",
        "Mark each status as won, lost or open.",
        "settings/statuses",
        Role.ANALYST,
    ),
    ProblemKind.FIELDS_UNKNOWN: Scene(
        send_unknown_fields, "does not store: roi <b>, branch.", "Add the fields that you need.", "settings/fields"
    ),
    ProblemKind.PARAMETERS_UNKNOWN: Scene(
        send_unknown_parameters,
        "contain unknown parameters, which have no effect: ordersum, stat.",
        "Find these requests in the journal",
        "requests",
    ),
    ProblemKind.NO_RATE: Scene(
        register_in_a_currency_without_a_rate,
        "Amounts exclude deals in currencies without an exchange rate: 1 in the last 28 days, "
        "worth 1 000 USD in total.",
        "Set the rates of these currencies.",
        "settings/rates",
        Role.ANALYST,
    ),
}
"""The problems of a site; backups concern all sites."""
