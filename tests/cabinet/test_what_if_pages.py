"""What a change of settings would do is shown before it is saved, and the past is changed after a preview."""

import html
import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import httpx
import pytest

from account_work import account_work
from cast import MOSCOW, Player, Stage
from dealtrace import clock
from dealtrace.accounts.api_request import ApiRequest
from dealtrace.accounts.background_run import ACTIVE, PastChange, Phase, RunState
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site_days import day_start, site_day
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.settings.site import REFUSALS_SEARCHED_MAX
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.errors import RateExceeded
from dealtrace.operations.accounts.change_site_settings import change_site_settings, settings_of
from dealtrace.operations.accounts.name_hosts import add_host
from dealtrace.operations.deals.import_deals import import_deals
from dealtrace.operations.pause_between_steps import NextStep, Stopped
from dealtrace.operations.what_if.apply_to_past import PastChangeRun, claim_past_change, rules_of, run_past_change
from dealtrace.quota.busiest_second import BusiestSecond
from dealtrace.storage.accounts.api_requests import count_refusals_without_site
from dealtrace.storage.accounts.background_runs import claim_run, find_run
from dealtrace.storage.accounts.busiest_second import raise_busiest_second
from dealtrace.storage.accounts.change_history import list_site_changes
from dealtrace.storage.database.engine import Database
from dealtrace.storage.reports.statuses import list_statuses
from dealtrace.storage.visits.visits import find_last_visit
from guests import Guest, agreed_in, member_of, text_of
from server import ServerProcess
from stored import journal, rows_of, site_of
from waiting import wait_for_a_day_that_lasts, wait_until

NOW = datetime.now(UTC)
PAY = TrafficSource("pay.example", "referral")
PHONE = "79205550055"
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
OTHER = {
    "name": "Other shop",
    "timezone": "Pacific/Auckland",
    "unique_depth_days": "7",
    "target_call_seconds": "60",
    "respects_do_not_track": "off",
    "points_per_day": "1000",
    "cors_origins": "https://b.example",
    "counter": "k3v9x0aq",
    "points_cost.register": "7",
    "contact_matching": "off",
    "attribution": "4",
}
"""Another value of each setting than the site of these tests has."""
MOVING = {
    "timezone",
    "unique_depth_days",
    "target_call_seconds",
    "respects_do_not_track",
    "contact_matching",
    "attribution",
}
AGREED = MOVING | {"counter", "cors_origins"}


@pytest.fixture
def owner(served: Stage) -> Player:
    """Give a site of its own to each test."""
    return served.open_site(time_zone=MOSCOW, contact_matching=True)


@pytest.fixture
def boss(server: ServerProcess, served: Stage, owner: Player) -> Guest:
    """Give the owner of the site, in English."""
    return member_of(server, served, owner.site.id)


def site_form(owner: Player, **changed: str) -> dict[str, str]:
    """Return the form of the site as a browser sends it; an empty switch is off."""
    sent = {**settings_of(owner.site), **changed}
    switches = {f"shown.{key}": "on" for key, text in sent.items() if text == "off"}
    return {key: text for key, text in sent.items() if text != "off"} | switches


def fill(served: Stage, owner: Player) -> None:
    """Store a visit from a payment page with a call, and a deal of the same phone."""
    visit = served.visit(
        owner, NOW - timedelta(hours=3), PAY, landing_url="https://shop.ru/", referrer="https://pay.example/done"
    )
    served.call(owner, NOW - timedelta(hours=2), phone=PHONE, visit_id=visit.id)
    served.ids.ensure(100)
    with served.database.write() as connection:
        import_deals(
            served.work(connection, owner),
            [
                IncomingDeal(
                    id=None, number="1", happened_at=NOW - timedelta(hours=1), status="", amount_rub=Decimal(900)
                )
            ],
        )


@pytest.mark.parametrize("key", OTHER)
def test_each_setting_is_tried_in_words_and_the_form_keeps_the_values(
    server: ServerProcess, boss: Guest, served: Stage, owner: Player, key: str
) -> None:
    stored = rows_of(served.database, owner)
    changed = {key: OTHER[key]}
    russian = member_of(server, served, owner.site.id, language="ru")
    for person in (boss, russian):
        tried = person.send("settings/site", **site_form(owner, **changed), act="try")
        (shown,) = re.findall(r'<section class="card" aria-labelledby="forecast">.*?</section>', tried.text, re.DOTALL)
        said = text_of(f"<main>{shown}</main>")
        assert bool(CYRILLIC.search(said)) == (person is russian), said
        if OTHER[key] not in ("on", "off"):
            assert OTHER[key] in tried.text.replace(shown, ""), "what was typed is kept"
    assert site_of(served.database, owner) == owner.site
    assert rows_of(served.database, owner) == stored
    assert (agreed_in(tried) == f"{key}={OTHER[key]}") == (key in AGREED)


@pytest.mark.parametrize("key", OTHER)
def test_what_moves_figures_is_shown_before_it_is_saved_and_the_rest_is_saved_at_once(
    boss: Guest, served: Stage, owner: Player, key: str
) -> None:
    form = site_form(owner, **{key: OTHER[key] if key != "counter" else f"{owner.site.id:08}"})
    answer = boss.send("settings/site", **form)
    assert answer.status_code == (200 if key in AGREED else 303)
    if key in AGREED:
        assert site_of(served.database, owner) == owner.site
        assert boss.send("settings/site", **form, agreed=agreed_in(answer)).status_code == 303
    assert settings_of(site_of(served.database, owner))[key] == form.get(key, "off")


def test_the_counter_code_of_another_site_is_refused_beside_its_field(
    boss: Guest, served: Stage, owner: Player
) -> None:
    taken = served.open_site().site.counter_code
    for act in ("try", ""):
        answer = boss.send("settings/site", **site_form(owner, counter=taken), act=act)
        assert (answer.status_code, 'id="fault-counter"' in answer.text) == (400, True)
    assert site_of(served.database, owner) == owner.site


def test_trying_what_is_set_already_says_so(boss: Guest, owner: Player) -> None:
    tried = boss.send("settings/site", **site_form(owner), act="try")
    assert "No figure would change" in text_of(tried.text)


def test_a_tab_opened_earlier_writes_back_only_what_was_edited_in_it(boss: Guest, served: Stage, owner: Player) -> None:
    opened = boss.get("settings/site").text
    shown = {name: html.unescape(value) for name, value in re.findall(r'name="(shown\.[^"]+)" value="([^"]*)"', opened)}
    assert {name.removeprefix("shown.") for name in shown} == set(settings_of(owner.site))
    changes = {"cors_origins": "https://b.example", "name": "Renamed", "attribution": "4", "contact_matching": "off"}
    with served.database.write() as connection:
        change_site_settings(account_work(connection, NOW), owner.site.id, changes)
    stale = {**site_form(owner, points_per_day="7"), **shown}
    assert boss.send("settings/site", **stale).status_code == 303
    assert settings_of(site_of(served.database, owner)) == {**settings_of(owner.site), **changes, "points_per_day": "7"}
    tried = boss.send("settings/site", **stale, act="try").text
    assert 'value="Renamed"' in tried, "the form shows what is stored now"


def test_a_status_is_called_open_at_once_since_it_counts_so_already(boss: Guest, served: Stage, owner: Player) -> None:
    sent = {"name": "New", "meaning": "open"}
    assert "No figure would change" in text_of(boss.send("settings/statuses", **sent, act="try").text)
    assert boss.send("settings/statuses", **sent).status_code == 303
    with served.database.read() as connection:
        assert [(each.spelling, each.meaning) for each in list_statuses(connection, owner.site.id)] == [("New", "open")]
    assert "No figure would change" not in text_of(boss.send("settings/statuses", name="New", meaning="won").text)


def test_the_time_zone_shows_the_days_that_get_other_figures(boss: Guest, served: Stage, owner: Player) -> None:
    fill(served, owner)
    at_home = (NOW - timedelta(hours=1)).astimezone(MOSCOW)
    there = at_home.utcoffset()
    assert there is not None
    zone = "Pacific/Kiritimati" if at_home.hour >= 13 else "Pacific/Pago_Pago" if at_home.hour < 14 else ""
    tried = text_of(boss.send("settings/site", **site_form(owner, timezone=zone), act="try").text)
    assert f"Time zone: Europe/Moscow → {zone}" in tried
    assert "Deals that move to another day 1 Amount of deals that move to another day 900 ₽" in tried
    assert "Days whose figures would change" in tried


def test_a_host_shows_whose_source_would_change(boss: Guest, served: Stage, owner: Player) -> None:
    fill(served, owner)
    stored = rows_of(served.database, owner)
    form = {"kind": "payment", "host": "pay.example", "name": ""}
    for act in ("try", ""):
        tried = boss.send("settings/hosts", **form, act=act)
        said = text_of(tried.text)
        assert "Leads with another source 1 of 1" in said
        assert "Visits with another source 1 of 1" in said
    assert rows_of(served.database, owner) == stored
    assert boss.send("settings/hosts", **form, agreed=agreed_in(tried)).status_code == 303
    assert boss.send("settings/hosts", **{**form, "kind": "own"}, agreed=agreed_in(tried)).status_code == 200
    removal = boss.send("settings/hosts/remove", which="payment pay.example")
    assert "Remove pay.example" in text_of(removal.text)
    assert "Visits with another source 0 of 1" in text_of(removal.text), "the past has not been reclassified"


def run_of(database: Database, owner: Player, kind: PastChange) -> RunState:
    """Wait for the end of a run, and return its state."""

    def ended() -> bool:
        state = latest_run(database, owner, kind)
        return state is not None and state.phase not in ACTIVE

    wait_until(ended)
    state = latest_run(database, owner, kind)
    assert state is not None
    return state


def latest_run(database: Database, owner: Player, kind: PastChange) -> RunState | None:
    with database.read() as connection:
        return find_run(connection, owner.site.id, kind)


def store_run(database: Database, owner: Player, kind: PastChange, state: RunState) -> None:
    """Store a run as another process would have left it."""
    with database.write() as connection:
        latest = find_run(connection, owner.site.id, kind)
        assert claim_run(connection, owner.site.id, kind, state, instead_of=latest)


def claimed(database: Database, owner: Player, kind: PastChange, *, is_preview: bool) -> PastChangeRun:
    """Claim a run, which no thread runs."""
    with database.write() as connection:
        latest = find_run(connection, owner.site.id, kind)
        begun = claim_past_change(
            account_work(connection, datetime.now(UTC)).at(site_of(database, owner)),
            kind,
            latest,
            is_preview=is_preview,
        )
    assert begun is not None
    return PastChangeRun(database, owner.site.id, kind, 1, begun, clock.now)


def stopping_after(steps: int) -> NextStep:
    """Return a `next_step` that raises `Stopped` after this many steps."""
    left = iter(range(steps))

    def next_step() -> None:
        if next(left, None) is None:
            raise Stopped

    return next_step


def press(boss: Guest, kind: PastChange, act: str) -> httpx.Response:
    page = boss.get("settings/past").text
    card = re.search(rf'name="kind" value="{kind}"><input type="hidden" name="agreed" value="([^"]*)"', page)
    seen = {"agreed": card[1]} if card is not None else {}
    return boss.send("settings/past", kind=kind.value, act=act, **seen)


def test_past_deals_are_matched_again_after_a_preview(server: ServerProcess, served: Stage) -> None:
    owner, neighbour = served.open_site(contact_matching=False), served.open_site(contact_matching=False)
    boss = member_of(server, served, owner.site.id)
    sold = NOW.astimezone(owner.site.time_zone)
    for player in (owner, neighbour):
        visit = served.visit(player, NOW - timedelta(days=1), TrafficSource("vk", "cpc"))
        served.call(player, NOW - timedelta(hours=2), phone=PHONE, visit_id=visit.id)
        made = server.register(
            player.token, orderNumber="1", orderDate=f"{sold:%d.%m.%Y %H:%M:%S}", phoneNumber=PHONE, orderSum="1500"
        )
        assert made.status_code == 200, made.text
        with served.database.write() as connection:
            change_site_settings(account_work(connection, NOW), player.site.id, {"contact_matching": "on"})
    stored = rows_of(served.database, owner)
    assert press(boss, PastChange.MATCH, "run").status_code == 400, "not without a preview"
    assert press(boss, PastChange.MATCH, "preview").headers["location"] == f"/cabinet/{owner.site.id}/settings/past"
    assert run_of(served.database, owner, PastChange.MATCH).figures["other_lead"] == 1
    assert rows_of(served.database, owner) == stored
    said = text_of(boss.get("settings/past").text)
    assert "Nothing has been changed yet" in said
    assert "(no source) vk / cpc 1 1 500 ₽" in said
    assert press(boss, PastChange.MATCH, "run").status_code == 303
    done = run_of(served.database, owner, PastChange.MATCH)
    assert (done.phase, done.figures["deals"], done.figures["changed"]) == (Phase.DONE, 1, 1)
    assert "Done. Deals checked 1 Deals with another lead 1" in text_of(boss.get("settings/past").text)
    assert rows_of(served.database, owner) != stored
    assert press(boss, PastChange.MATCH, "run").status_code == 400, "once a preview"
    assert latest_run(served.database, neighbour, PastChange.MATCH) is None
    changes = text_of(boss.get("settings/changes").text)
    assert f"{boss.login} Past deals matched again, changed: 1" in changes


def test_a_preview_that_another_person_started_is_looked_at_first(boss: Guest, served: Stage, owner: Player) -> None:
    fill(served, owner)
    press(boss, PastChange.MATCH, "preview")
    seen = run_of(served.database, owner, PastChange.MATCH)
    press(boss, PastChange.MATCH, "preview")
    other = run_of(served.database, owner, PastChange.MATCH)
    late = boss.send("settings/past", kind="match", act="run", agreed=seen.started_at.isoformat())
    assert late.status_code == 400
    assert "The preview has changed since you saw it." in text_of(late.text)
    assert latest_run(served.database, owner, PastChange.MATCH) == other
    assert press(boss, PastChange.MATCH, "run").status_code == 303


def test_past_visits_are_reclassified_after_a_preview(boss: Guest, served: Stage, owner: Player) -> None:
    fill(served, owner)
    with served.database.write() as connection:
        add_host(account_work(connection, NOW), owner.site.id, "payment", "pay.example", "")
    stored = rows_of(served.database, owner)
    assert press(boss, PastChange.RECLASSIFY, "preview").status_code == 303
    previewed = run_of(served.database, owner, PastChange.RECLASSIFY)
    assert (previewed.figures["visits_changed"], previewed.figures["leads_moved"]) == (1, 1)
    assert rows_of(served.database, owner) == stored
    with served.database.write() as connection:
        add_host(account_work(connection, NOW), owner.site.id, "own", "shop.example", "")
    late = press(boss, PastChange.RECLASSIFY, "run")
    assert (late.status_code, "Make a preview first" in late.text) == (400, True), "the hosts have changed"
    press(boss, PastChange.RECLASSIFY, "preview")
    run_of(served.database, owner, PastChange.RECLASSIFY)
    assert press(boss, PastChange.RECLASSIFY, "run").status_code == 303
    assert run_of(served.database, owner, PastChange.RECLASSIFY).phase is Phase.DONE
    assert "Visits with another source 1" in text_of(boss.get("settings/past").text)
    with served.database.read() as connection:
        visit = find_last_visit(connection, owner.site.id)
        changes = list_site_changes(connection, owner.site.id, most=1)
    assert visit is not None
    assert visit.traffic_source.source == "(direct)"
    assert changes[0].user_id is not None, "the history says who did it"


def test_a_run_is_not_started_twice_and_one_whose_process_ended_continues(
    boss: Guest, served: Stage, owner: Player
) -> None:
    rules = rules_of(owner.site, PastChange.MATCH)
    now = datetime.now(UTC)
    running = RunState(
        is_preview=False, rules=rules, started_at=now, reported_at=now, phase=Phase.RUNNING, done=5, total=10,
        figures={"deals": 5, "changed": 2, "last_id": 0},
    )  # fmt: skip
    store_run(served.database, owner, PastChange.MATCH, running)
    shown = boss.get("settings/past")
    assert "Deals: 5 of 10." in text_of(shown.text)
    assert 'hx-trigger="every 2s"' in shown.text
    assert "already in progress" in text_of(press(boss, PastChange.MATCH, "run").text)
    part = boss.http.get(f"/cabinet/{owner.site.id}/settings/past", headers={"hx-target": "#past-state"})
    assert part.text.strip().startswith('<div id="past-state"')
    silent = RunState(
        is_preview=False, rules=rules, started_at=now, reported_at=now - timedelta(hours=1),
        figures={"deals": 5, "changed": 2, "last_id": 0},
    )  # fmt: skip
    store_run(served.database, owner, PastChange.MATCH, silent)
    assert "Continue" in boss.get("settings/past").text
    assert press(boss, PastChange.MATCH, "run").status_code == 303
    assert run_of(served.database, owner, PastChange.MATCH).figures["deals"] == 5


@pytest.mark.parametrize("kind", PastChange)
def test_a_run_that_the_server_stops_continues_where_it_was(
    boss: Guest, served: Stage, owner: Player, kind: PastChange
) -> None:
    fill(served, owner)
    run = claimed(served.database, owner, kind, is_preview=False)
    with pytest.raises(Stopped):
        run_past_change(run, stopping_after(1))
    assert run_of(served.database, owner, kind).phase is Phase.STOPPED
    said = boss.get("settings/past").text
    assert "Stopped when the server stopped" in said
    assert "Continue" in said
    assert press(boss, kind, "run").status_code == 303
    done = run_of(served.database, owner, kind)
    assert (done.phase, done.done) == (Phase.DONE, 1)


def test_a_preview_that_fails_says_so_and_is_raised(boss: Guest, served: Stage, owner: Player) -> None:
    run = claimed(served.database, owner, PastChange.MATCH, is_preview=True)

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_past_change(run, fail)
    assert run_of(served.database, owner, PastChange.MATCH).phase is Phase.FAILED
    assert "ended early" in boss.get("settings/past").text
    assert press(boss, PastChange.MATCH, "run").status_code == 400


@pytest.mark.parametrize("is_preview", [True, False])
def test_a_run_ends_when_the_settings_are_changed_meanwhile(
    boss: Guest, served: Stage, owner: Player, is_preview: bool
) -> None:
    fill(served, owner)
    run = claimed(served.database, owner, PastChange.RECLASSIFY, is_preview=is_preview)
    stored = rows_of(served.database, owner)
    with served.database.write() as connection:
        add_host(account_work(connection, NOW), owner.site.id, "payment", "pay.example", "")
    run_past_change(run, stopping_after(9))
    assert run_of(served.database, owner, PastChange.RECLASSIFY).phase is Phase.SETTINGS_CHANGED
    assert {**rows_of(served.database, owner), "site_host": []} == {**stored, "site_host": []}
    assert "the settings were changed in the meantime" in boss.get("settings/past").text
    assert press(boss, PastChange.RECLASSIFY, "run").status_code == 400


def test_a_run_that_waits_says_so_and_is_stopped_with_the_server(boss: Guest, served: Stage, owner: Player) -> None:
    run = claimed(served.database, owner, PastChange.MATCH, is_preview=True)
    assert "Waiting until another run has ended." in text_of(boss.get("settings/past").text)
    assert "A run is already in progress." in text_of(press(boss, PastChange.MATCH, "preview").text)
    with pytest.raises(Stopped):
        run_past_change(run, stopping_after(0))
    assert run_of(served.database, owner, PastChange.MATCH).phase is Phase.STOPPED


def test_a_run_whose_place_was_taken_stores_nothing(served: Stage, owner: Player) -> None:
    late = claimed(served.database, owner, PastChange.MATCH, is_preview=True)
    newer = claimed(served.database, owner, PastChange.MATCH, is_preview=True)
    run_past_change(late, stopping_after(9))
    assert latest_run(served.database, owner, PastChange.MATCH) == newer.begun


def test_what_is_not_on_the_page_is_refused(boss: Guest) -> None:
    for form in ({"kind": "erase", "act": "run"}, {"kind": "match", "act": "erase"}, {}):
        assert boss.send("settings/past", **form).status_code == 400


def test_only_owners_change_the_past(server: ServerProcess, served: Stage, owner: Player) -> None:
    analyst = member_of(server, served, owner.site.id, Role.ANALYST)
    assert analyst.send("settings/past", kind="match", act="preview").status_code == 403


def test_the_page_says_how_many_requests_the_rate_has_refused_today(boss: Guest, served: Stage, owner: Player) -> None:
    def refused(number: int, at: datetime, code: int = RateExceeded.code) -> ApiRequest:
        return ApiRequest(
            0, at, f"{owner.site.id}-{code}-{number}", None, "GET", "/x", {}, 429, code, "", "", timedelta()
        )

    wait_for_a_day_that_lasts(MOSCOW)
    now = datetime.now(UTC)
    start = day_start(site_day(now, MOSCOW), MOSCOW)
    with served.database.read() as connection:
        before = count_refusals_without_site(connection, RateExceeded.code, start, REFUSALS_SEARCHED_MAX).count
    journal(served.database, [refused(number, now) for number in range(3)])
    journal(served.database, [refused(4, start - timedelta(hours=1)), refused(5, now, code=1)])
    assert f"Refused today because of a rate limit: {before + 3} " in text_of(boss.get("settings/site").text)
    journal(served.database, [refused(number, now) for number in range(10, 10 + REFUSALS_SEARCHED_MAX)])
    said = re.sub(r"\s", " ", text_of(boss.get("settings/site").text))
    assert re.search(r"Refused today because of a rate limit: 10 0\d\d or more", said)


def test_the_page_says_which_second_of_today_was_the_busiest(boss: Guest, served: Stage, owner: Player) -> None:
    wait_for_a_day_that_lasts(MOSCOW)
    today = site_day(datetime.now(UTC), MOSCOW)
    at = datetime.combine(today, time(14, 5, 9), MOSCOW).astimezone(UTC)
    assert "Busiest second today" not in boss.get("settings/site").text, "the server has no limit"
    with served.database.write() as connection:
        raise_busiest_second(connection, owner.site.id, today - timedelta(days=1), BusiestSecond(5, 5, at))
        raise_busiest_second(connection, owner.site.id, today, BusiestSecond(4, 5, at))
    said = text_of(boss.get("settings/site").text)
    assert "Busiest second today: 4 of 5 allowed requests from one IP address, at 14:05:09" in said
