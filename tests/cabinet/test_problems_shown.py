"""The problems of a site on its overview: each kind has its text, and a link for those who may open its page."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from cast import Player, Stage, zone_at_noon
from dealtrace.accounts.rights import Role
from dealtrace.operations.overview.problems import ProblemKind
from dealtrace.storage.accounts.installation import record_backup
from dealtrace.storage.schema.tables.control import installation, user
from engines import on_one_engine
from guests import Guest, member_of, text_of
from problem_scenes import HOOK, POINTS, SCENES
from server import ServerProcess

OF_ALL_SITES = {ProblemKind.BACKUP_OLD, ProblemKind.NO_BACKUP}
WHO = {Role.OWNER: "An owner of the site can do this.", Role.ANALYST: "An analyst or an owner of the site can do this."}
LOWER = {Role.OWNER: Role.ANALYST, Role.ANALYST: Role.READER}


def test_every_kind_of_problem_has_a_scene() -> None:
    assert set(SCENES) | OF_ALL_SITES == set(ProblemKind)


@on_one_engine
@pytest.mark.parametrize("kind", list(SCENES))
def test_a_problem_is_shown_with_its_cure_and_only_at_its_site(
    server: ServerProcess, served: Stage, kind: ProblemKind
) -> None:
    scene = SCENES[kind]
    player, neighbour = (served.open_site(points_per_day=POINTS, time_zone=zone_at_noon()) for _ in range(2))
    owner, beside = (member_of(server, served, each.site.id, Role.OWNER) for each in (player, neighbour))
    made = scene.happens(served, player)
    page = owner.get("").text
    assert scene.message in plain(page)
    assert "roi <b>" not in page
    assert HOOK not in plain(page), "the URL of a webhook may contain a secret"
    place = f"/cabinet/{player.site.id}/{scene.place.format(id=made)}"
    assert link_of(page, scene.cure) == place
    assert owner.follow(place).status_code == 200
    assert scene.message not in plain(beside.get("").text), "a site like this one, to which it did not happen"
    _expect_links_by_role(server, served, player, kind, place)


@on_one_engine
def test_amounts_of_another_period_that_omit_deals_lead_to_the_rates(server: ServerProcess, served: Stage) -> None:
    player = served.open_site(time_zone=zone_at_noon())
    scene = SCENES[ProblemKind.NO_RATE]
    scene.happens(served, player)
    message = "Amounts exclude deals in currencies without an exchange rate: 1."
    place = f"/cabinet/{player.site.id}/{scene.place}"
    analyst, reader = (member_of(server, served, player.site.id, role) for role in (Role.ANALYST, Role.READER))
    page = analyst.get("", period="7d").text
    assert f'<p class="hint">{message} <a href="{place}">{scene.cure}</a></p>' in page
    words = plain(reader.get("", period="7d").text)
    assert f"{message} {scene.cure} {WHO[Role.ANALYST]}" in re.sub(r"\s+", " ", words)


def _expect_links_by_role(server: ServerProcess, served: Stage, player: Player, kind: ProblemKind, place: str) -> None:
    """Expect a link for the least role that may open the page, and for the role below it the words who can help."""
    scene = SCENES[kind]
    if scene.role is not Role.OWNER:  # what an owner sees is known
        allowed = member_of(server, served, player.site.id, scene.role)
        assert link_of(allowed.get("").text, scene.cure) == place
        assert allowed.follow(place).status_code == 200
    if (lower := LOWER.get(scene.role)) is not None:
        refused = member_of(server, served, player.site.id, lower)
        page = refused.get("").text
        assert scene.message in plain(page)
        assert re.search(rf"{re.escape(scene.cure)}[^.]*\.? {re.escape(WHO[scene.role])}", plain(page)), plain(page)
        assert link_of(page, scene.cure) == ""
        assert refused.follow(place).status_code == 403


def link_of(page: str, cure: str) -> str:
    """Return the URL that a cure links to, or an empty string."""
    found = re.search(rf'<a href="([^"]*)">{re.escape(cure)}', page)
    return html.unescape(found[1]) if found is not None else ""


@on_one_engine
@pytest.mark.parametrize(
    "kind", [ProblemKind.DEALS_UNUSABLE, ProblemKind.CALLS_UNUSABLE, ProblemKind.REQUESTS_UNUSABLE]
)
def test_the_page_of_unusable_contacts_lists_what_was_counted(
    server: ServerProcess, served: Stage, kind: ProblemKind
) -> None:
    scene = SCENES[kind]
    player = served.open_site(time_zone=zone_at_noon())
    scene.happens(served, player)
    analyst = member_of(server, served, player.site.id, Role.ANALYST)
    (count,) = re.findall(r": (\d+)\.", scene.message)
    page = analyst.get(scene.place).text
    assert re.search(rf"Total( deals)?: {count}\b", plain(page)), plain(page)
    assert 'name="contact" value="unusable" checked' in page


@on_one_engine
def test_a_status_is_no_problem_once_somebody_has_said_that_it_is_open(server: ServerProcess, served: Stage) -> None:
    scene = SCENES[ProblemKind.STATUSES_UNCLASSIFIED]
    player = served.open_site(time_zone=zone_at_noon())
    scene.happens(served, player)
    analyst = member_of(server, served, player.site.id, Role.ANALYST)
    statuses = plain(analyst.get("settings/statuses").text)
    assert "Shipped not set" in statuses
    assert "Working not set" not in statuses
    analyst.send("settings/statuses", name="shipped", meaning="open")
    assert "as open: Weighed. Such deals in the last 28 days: 1, worth 1 000 ₽." in plain(analyst.get("").text)
    analyst.send("settings/statuses", name="Weighed", meaning="won", agreed="Weighed=won")
    assert "count as open" not in plain(analyst.get("").text)
    assert not re.search(r"(Shipped|Weighed|Working) not set", plain(analyst.get("settings/statuses").text))


@pytest.mark.parametrize(
    ("language", "words", "cure"),
    [
        (
            "en",
            "This report can no longer be generated, so it is not sent.",
            "Open the settings of this report and replace the URL",
        ),
        (
            "ru",
            "больше нельзя построить, поэтому он не отправляется.",
            "Откройте настройки этого отчёта и замените URL отчёта",
        ),
    ],
)
def test_the_page_of_reports_by_mail_says_which_cannot_be_made_until_it_can(
    server: ServerProcess, served: Stage, language: str, words: str, cure: str
) -> None:
    player = served.open_site()
    report_id = SCENES[ProblemKind.MAIL_REPORT_INVALID].happens(served, player)
    analyst = member_of(server, served, player.site.id, Role.ANALYST, language=language)
    page = plain(analyst.get("settings/mail-reports").text)
    assert page.count(words) == 1
    assert "Brand" in page.partition(words)[2].partition("Plain")[0]
    assert cure in page
    assert cure in plain(analyst.get("").text)
    analyst.send(
        f"settings/mail-reports/{report_id}", title="Needy", question="metrics=deals", rhythm="daily", hour="9",
        recipients="a@example.com",
    )  # fmt: skip
    assert words not in plain(analyst.get("settings/mail-reports").text)
    assert cure not in plain(analyst.get("").text)


@pytest.fixture
def backed_up_long_ago(served: Stage) -> Iterator[None]:
    """Let the last backup be ten days old."""
    with served.database.write() as connection:
        record_backup(connection, datetime.now(UTC) - timedelta(days=10, hours=1))
    yield
    with served.database.write() as connection:
        connection.execute(delete(installation).where(installation.c.name == "backup_finished_at"))


@pytest.mark.usefixtures("backed_up_long_ago")
def test_an_old_backup_is_shown_until_there_is_a_new_one(served: Stage, server: ServerProcess) -> None:
    reader = reader_of_a_site(server, served)
    assert "The last backup of the database is 10 days old: it was made on " in plain(reader.get("").text)
    assert "dealtrace backup FILE The person who runs the server can do this." in plain(reader.get("").text)
    with served.database.write() as connection:
        record_backup(connection, datetime.now(UTC) - timedelta(days=6))
    assert "backup" not in plain(reader.get("").text)


def test_a_missing_backup_is_shown_on_sqlite_once_a_user_is_a_week_old(
    served: Stage, server: ServerProcess, engine_name: str
) -> None:
    reader = reader_of_a_site(server, served)
    assert "No backup of the database is known" not in plain(reader.get("").text)
    mine, now = user.c.login == reader.login, datetime.now(UTC)
    with served.database.write() as connection:
        connection.execute(update(user).where(mine).values(created_at=now - timedelta(days=8)))
    assert ("No backup of the database is known" in plain(reader.get("").text)) == (engine_name == "sqlite")
    with served.database.write() as connection:
        connection.execute(update(user).where(mine).values(created_at=now))


def reader_of_a_site(server: ServerProcess, served: Stage) -> Guest:
    """Return a reader of a new site."""
    return member_of(server, served, served.open_site().site.id, Role.READER)


def plain(page: str) -> str:
    """Return the text of a page with plain spaces."""
    return text_of(page).replace("\u00a0", " ").replace("\u202f", " ")
