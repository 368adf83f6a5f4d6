"""The columns that say of a lead what surrounds it: where it came from, who took it, what was noted."""

from collections.abc import Mapping
from typing import Any

from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.files.cell_types import Tags, Words
from dealtrace.files.columns import Column, values_of
from dealtrace.files.row import Cell
from dealtrace.leads.annotations import Annotations
from dealtrace.record import record

WORDS_LENGTH_MAX = 256
COMMENT_LENGTH_MAX = 10_000
SOURCE_LENGTH_MAX = 1024
_UNTOLD = ("(not set)", "<не указано>", "<не заполнено>")
"""What journals write where nothing is known."""


@record
class SourceWords(Words):
    """A part of a traffic source."""

    def read(self, cell: Cell) -> str:
        """Take the text; what stands for nothing is nothing."""
        text = Words.read(self, cell)
        return "" if text in _UNTOLD else text


_SOURCE = SourceWords(SOURCE_LENGTH_MAX)
ANNOTATION_COLUMNS = (
    Column("source", ("customSources.source", "utmSource", "Источник"), _SOURCE, "The source of the lead."),
    Column("medium", ("customSources.medium", "utmMedium", "Канал"), _SOURCE, "The medium."),
    Column(
        "campaign",
        ("customSources.campaign", "utmCampaign", "Кампания", "Рекламная кампания"),
        _SOURCE,
        "The campaign.",
    ),
    Column("content", ("customSources.content", "utmContent", "Объявление"), _SOURCE, "The ad."),
    Column(
        "term",
        ("customSources.term", "utmTerm", "keyword", "keywords", "Ключевое слово", "Ключевая фраза"),
        _SOURCE,
        "The keyword.",
    ),
    Column("manager", ("Менеджер", "Ответственный"), Words(WORDS_LENGTH_MAX), "Who is in charge of the lead."),
    Column("comment", ("comment.text", "Комментарий", "Примечание"), Words(COMMENT_LENGTH_MAX), "A comment."),
    Column("tags", ("addTags", "Теги", "Метки"), Tags(), "Tags of the lead."),
)


def annotations_of(values: Mapping[str, Any]) -> Annotations:
    """Tell what a row says of a lead beyond who and when; a source of empty parts is none."""
    stated = {part: text for part, text in values_of(values, SOURCE_PARTS).items() if text}
    return Annotations(
        manager=values.get("manager"),
        comment=values.get("comment"),
        tags=values.get("tags", ()),
        stated_source=TrafficSource(**stated) if stated else None,
    )
