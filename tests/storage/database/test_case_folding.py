"""Strings are folded in SQL as Python folds them, on every engine and in the column mirror."""

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Text, literal, null, select, union_all

from cast import Player, Stage
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.storage.database.case_folding import casefolded
from examples import drawn, examples

STEP = 40
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


def folded(stage: Stage, player: Player, strings: list[str]) -> list[list[str]]:
    """Return the strings as the database folds them, and as the mirror does if there is one."""
    rows = union_all(
        *(
            select(literal(place).label("place"), literal(text, Text).label("text"))
            for place, text in enumerate(strings)
        )
    ).subquery()
    statement = select(casefolded(rows.c.text)).order_by(rows.c.place)
    with stage.database.read() as connection, open_facts(stage.database, player.site) as source:
        return [list(connection.scalars(statement)), [row[0] for row in source.fetch(statement)]]


def test_every_letter_is_folded(stage: Stage, shop: Player) -> None:
    letters = "".join(letter for letter in map(chr, range(1, 0x110000)) if letter.casefold() != letter)
    parts = [letters[start : start + STEP] for start in range(0, len(letters), STEP)]
    strings = [*parts, *drawn(letters), "Оплачен «ДА»", "ОПЛАЧЕН №1\n", "", "ΑΣ", "İI"]
    for start in range(0, len(strings), 100):
        some = strings[start : start + 100]
        assert folded(stage, shop, some) == [[text.casefold() for text in some]] * 2


@settings(max_examples=examples(25), deadline=None)
@given(strings=st.lists(texts, min_size=1, max_size=20))
def test_any_string_is_folded(shared_stage: Stage, strings: list[str]) -> None:
    player = shared_stage.open_site()
    assert folded(shared_stage, player, strings) == [[text.casefold() for text in strings]] * 2


def test_a_null_remains(stage: Stage) -> None:
    with stage.database.read() as connection:
        assert connection.scalar(select(casefolded(null()))) is None
