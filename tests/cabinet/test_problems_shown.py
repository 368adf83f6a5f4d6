"""The problems of a site on its overview: each kind has its text, and a link to the page on which it is solved."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from cast import Player, Stage, zone_at_noon
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_days import site_day
from dealtrace.accounts.webhook import BodyStyle, EventKind
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.overview.problems import ProblemKind
from dealtrace.operations.webhooks.create import NewWebhook, create_webhook
from dealtrace.reports.statuses import Meaning
from dealtrace.storage.accounts.custom_fields import count_unknown_fields
from dealtrace.storage.accounts.points import spend_points
from dealtrace.storage.reports.statuses import update_meaning
from dealtrace.storage.webhooks.webhooks import update_webhook
from engines import on_one_engine
from guests import member_of, text_of
from server import ServerProcess
from write_commands import registration

POINTS = 100
HOOK = "https://crm.example/hook"


@dataclass(frozen=True)
class Scene:
    """What brings a problem about, the words it is shown with, and the page of its cure, below the site."""

    happens: Callable[[Stage, Player], None]
    words: str
    cure: str
    place: str


def silence_the_service(stage: Stage, player: Player) -> None:
    """Register deals of one service twenty days ago, and none since."""
    then = datetime.now(UTC) - timedelta(days=20)
    sent = [registration(f"S-{place}", happened_at=then, service="Bitrix24") for place in range(20)]
    stage.perform(register_deals, player, *sent, now=then)


def silence_the_counter(stage: Stage, player: Player) -> None:
    """Store a visit of the day before yesterday, and none since."""
    stage.visit(player, datetime.now(UTC) - timedelta(days=2), TrafficSource("yandex", "cpc"))


def spend_all_points(stage: Stage, player: Player) -> None:
    """Spend the points of today."""
    today = site_day(datetime.now(UTC), player.site.time_zone)
    with stage.database.write() as connection:
        assert spend_points(connection, player.site.id, today, POINTS, points_per_day=POINTS)


def fail_a_webhook(stage: Stage, player: Player) -> None:
    """Create a webhook whose latest attempts failed."""
    stage.ids.ensure(10)
    now = datetime.now(UTC)
    new = NewWebhook(player.site.id, HOOK, frozenset(EventKind), BodyStyle.JSON)
    with stage.database.write() as connection:
        made = create_webhook(connection, stage.ids, new, now)
        paused = {"paused_at": now, "pause_reason": "404", "failing_since": now, "failures": 3}
        update_webhook(connection, made.id, paused)


def mark_no_status_as_won(stage: Stage, player: Player) -> None:
    """Store a status of lost deals only."""
    with stage.database.write() as connection:
        update_meaning(connection, player.site.id, "Refused", Meaning.LOST, datetime.now(UTC))


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
    ProblemKind.POINTS_SPENT: Scene(
        spend_all_points, f"All {POINTS} points for today have been spent", "Increase the daily limit", "settings"
    ),
    ProblemKind.WEBHOOK_FAILED: Scene(
        fail_a_webhook, f"The webhook {HOOK} is failing.", "Check its log", "settings/webhooks"
    ),
    ProblemKind.NO_WON_STATUS: Scene(
        mark_no_status_as_won, "No status is marked as won", "Choose the statuses of won deals.", "settings/statuses"
    ),
    ProblemKind.FIELDS_UNKNOWN: Scene(
        send_unknown_fields, "does not store: roi <b>, branch.", "Add the fields that you need.", "settings/fields"
    ),
    ProblemKind.NO_RATE: Scene(
        register_in_a_currency_without_a_rate,
        "Sums omit deals in currencies without a rate: 1 in the period, 1 000 USD in total.",
        "Set the rates of these currencies.",
        "settings/rates",
    ),
}


def test_every_kind_of_problem_has_a_scene() -> None:
    assert set(SCENES) == set(ProblemKind)


@on_one_engine
@pytest.mark.parametrize("kind", list(SCENES))
def test_a_problem_is_shown_with_its_cure_and_only_at_its_site(
    server: ServerProcess, served: Stage, kind: ProblemKind
) -> None:
    scene = SCENES[kind]
    player = served.open_site(points_per_day=POINTS, time_zone=zone_at_noon())
    neighbour = served.open_site()
    owner, beside = (member_of(server, served, each.site.id, Role.OWNER) for each in (player, neighbour))
    assert scene.words not in plain(owner.get("").text)
    scene.happens(served, player)
    page = owner.get("").text
    assert scene.words in plain(page)
    assert "roi <b>" not in page
    (address,) = re.findall(rf'<a href="([^"]*)">{re.escape(scene.cure)}', page)
    assert html.unescape(address) == f"/cabinet/{player.site.id}/{scene.place}"
    assert owner.follow(html.unescape(address)).status_code == 200
    assert scene.words not in plain(beside.get("").text)


def plain(page: str) -> str:
    """Return the text of a page with plain spaces."""
    return text_of(page).replace("\u00a0", " ").replace("\u202f", " ")
