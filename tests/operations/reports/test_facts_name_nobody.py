"""What reports read holds no contact, name or comment, and nothing of a person who was erased (figures, rule 17)."""

from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from account_work import account_work
from cast import Player, Stage
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.annotations import Annotations
from dealtrace.operations.personal_data import erase_person
from dealtrace.operations.reports.ask import ask
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.storage.reports.mirror.mirror import file_of, without_mirror
from write_commands import NOON, by_contact, register

PHONE, EMAIL = "79205550055", "ivan@example.ru"
NOBODYS = (PHONE, "9205550055", EMAIL, "Иван Петров", "звонить после шести", "192.0.2.77", "GA1.2", "паспорт", "?ref=")
"""What stands in no fact, of anybody."""
OF_THE_PERSON = ("Мария Сидорова", "особый оттенок", "visitor-of-ivan", "/landing-of-ivan")
"""What stands in facts until the person is erased."""


@pytest.fixture
def shop(stage: Stage) -> Player:
    """Give a site at which a person visited, called, sent a form and bought, with all that a sender can state."""
    player = stage.open_site(contact_matching=True, fields=["colour"])
    said = Annotations(manager=OF_THE_PERSON[0], comment=NOBODYS[4], custom_values={"colour": OF_THE_PERSON[1]})
    visit = stage.visit(
        player,
        NOON - timedelta(hours=2),
        TrafficSource("yandex", "cpc"),
        visitor=OF_THE_PERSON[2],
        landing_url=f"https://shop.ru{OF_THE_PERSON[3]}?ref={EMAIL}",
        referrer=f"https://mail.ru/?to={EMAIL}",
        ip="192.0.2.77",
        google_client_id="GA1.2.3",
        attrs={"passport": "паспорт"},
    )
    stage.call(player, NOON - timedelta(hours=1), phone=PHONE, visit_id=visit.id, annotations=said)
    stage.lead_request(
        player,
        NOON - timedelta(minutes=30),
        phone=PHONE,
        email=EMAIL,
        client_name=NOBODYS[3],
        visit_id=visit.id,
        annotations=said,
    )
    for number in ("1", "2"):
        register(
            stage,
            player,
            number,
            clue=by_contact(PHONE),
            manager=OF_THE_PERSON[0],
            comment=NOBODYS[4],
            custom_values={"colour": OF_THE_PERSON[1]},
        )
    return player


def facts_of(stage: Stage, player: Player) -> str:
    """Return all keys of reports by each dimension, and beside SQLite all tables of the mirror, as one text."""
    context = QuestionContext(NOON.date(), AttributionModel.LAST_NON_DIRECT, player.site.custom_fields)
    shown = []
    with open_facts(stage.database, player.site) as source:
        for name in (*DIMENSIONS, "field:colour"):
            words = RawQuestion(by=name, metrics="visits,leads,deals", first="2018-01-01", last="2018-12-31")
            report = ask(source, player.site, parse_question(words, context), datetime.now(UTC))
            shown.append(f"{name} {[row.keys for row in report.rows]}")
    if stage.database.is_sqlite:
        with duckdb.connect(str(file_of(stage.database)), read_only=True) as mirror:
            names = [name for (name,) in mirror.execute("SELECT table_name FROM information_schema.tables").fetchall()]
            shown += [f"{name} {mirror.execute(f'FROM {name}').fetchall()}" for name in names]
    return "\n".join(shown)


def test_facts_name_nobody_and_forget_who_is_erased(stage: Stage, shop: Player) -> None:
    shown = facts_of(stage, shop)
    assert [text for text in NOBODYS if text in shown] == []
    known = [text for text in OF_THE_PERSON if text in shown]
    assert known == [text for text in OF_THE_PERSON if text != "visitor-of-ivan" or stage.database.is_sqlite]
    with without_mirror(stage.database), stage.database.write() as connection:
        erase_person(account_work(connection), [shop.site], PHONE)
    shown = facts_of(stage, shop)
    assert [text for text in (*NOBODYS, *OF_THE_PERSON) if text in shown] == []
    assert "yandex" in shown, "figures stay"
