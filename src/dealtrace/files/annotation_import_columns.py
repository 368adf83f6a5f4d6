"""Columns that annotate a lead: its source, manager, comment, tags and custom fields."""

from dealtrace.attribution.traffic_source import SOURCE_LENGTH_MAX, SOURCE_PARTS, TrafficSource
from dealtrace.files.cell_types import TagsCell, TextCell
from dealtrace.files.import_columns import ImportColumn, RowValues, values_of
from dealtrace.files.import_formats import custom_values_of
from dealtrace.files.row import Cell, StatedText
from dealtrace.files.spreadsheet_text import DASHES
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.limits import COMMENT_LENGTH_MAX, LABEL_LENGTH_MAX
from dealtrace.record import record

_NO_VALUE = ("(not set)", "<не указано>", "<не заполнено>")
"""The placeholders that the vendor's journals show for an unknown value."""


@record
class SourcePartCell(TextCell):
    """A cell with a part of a traffic source, such as its medium or campaign."""

    def read(self, cell: Cell) -> str:
        """Return the text of a cell, or an empty string for a placeholder such as `(not set)` or a dash."""
        text = TextCell.read(self, cell)
        is_dash = text in DASHES and not isinstance(cell, StatedText)
        return "" if is_dash or text in _NO_VALUE else text


SOURCE_CELL = SourcePartCell(SOURCE_LENGTH_MAX)
ANNOTATION_COLUMNS = (
    ImportColumn(
        "source",
        ("customSources.source", "utmSource", "session.source", "Источник"),
        SOURCE_CELL,
        "The source of the lead.",
    ),
    ImportColumn(
        "medium", ("customSources.medium", "utmMedium", "session.medium", "Канал"), SOURCE_CELL, "The medium."
    ),
    ImportColumn(
        "campaign",
        ("customSources.campaign", "utmCampaign", "session.utmCampaign", "Кампания", "Рекламная кампания"),
        SOURCE_CELL,
        "The campaign.",
    ),
    ImportColumn(
        "content", ("customSources.content", "utmContent", "session.utmContent", "Объявление"), SOURCE_CELL, "The ad."
    ),
    ImportColumn(
        "term",
        (
            "customSources.term",
            "utmTerm",
            "keyword",
            "keywords",
            "session.keywords",
            "Ключевое слово",
            "Ключевая фраза",
        ),
        SOURCE_CELL,
        "The keyword.",
    ),
    ImportColumn(
        "manager", ("Менеджер", "Ответственный"), TextCell(LABEL_LENGTH_MAX), "The manager in charge of the lead."
    ),
    ImportColumn(
        "comment", ("comment.text", "comments", "Комментарий", "Примечание"), TextCell(COMMENT_LENGTH_MAX), "A comment."
    ),
    ImportColumn("tags", ("addTags", "callTags", "RequestTags", "Теги", "Метки"), TagsCell(), "The tags of the lead."),
)


def imported_annotations(values: RowValues) -> Annotations:
    """Return the annotations in a row; the stated source is `None` if all its parts are empty."""
    stated = {part: text for part, text in values_of(values, SOURCE_PARTS).items() if text}
    return Annotations(
        manager=values.get("manager"),
        comment=values.get("comment"),
        tags=values.get("tags", ()),
        custom_values=custom_values_of(values),
        stated_source=TrafficSource(**stated) if stated else None,
    )
