"""The columns of a table of deals, with the headings of our exports and of Calltouch's deal journal."""

from collections.abc import Mapping
from decimal import Decimal

from dealtrace.attribution.traffic_source import SOURCE_PARTS, TrafficSource
from dealtrace.dates_and_times import cut_to_second
from dealtrace.deals.amount import AMOUNT_LENGTH_MAX, parse_amount
from dealtrace.deals.currency import CURRENCY_LENGTH_MAX, currency_of, is_foreign
from dealtrace.deals.deal import DealId
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.deals.lead_clue import CallIdentity, LeadClue, LeadRequestIdentity, SearchContacts, stated_contacts
from dealtrace.deals.written_number import clear_number, written_number
from dealtrace.errors import InvalidParameters, InvalidValue, Violation
from dealtrace.files.annotation_import_columns import SOURCE_CELL
from dealtrace.files.cell_types import (
    IntegerCell,
    NumberCell,
    PhoneCell,
    ReferenceCell,
    TagsCell,
    TextCell,
    WordCell,
    cell_text,
)
from dealtrace.files.import_columns import ImportColumn, Need, RowValues, values_of
from dealtrace.files.import_formats import ImportFormat, ImportNoun, custom_values_of
from dealtrace.files.row import Cell, StatedText
from dealtrace.files.spreadsheet_text import DASHES
from dealtrace.files.timestamp_cells import TimeOfDayCell, TimestampCell
from dealtrace.leads.lead import KINDS_BY_NAME, LeadKind
from dealtrace.leads.limits import (
    COMMENT_LENGTH_MAX,
    EMAIL_LENGTH_MAX,
    LABEL_LENGTH_MAX,
    NUMBER_LENGTH_MAX,
    PHONE_LENGTH_MAX,
)
from dealtrace.plain_text import plain
from dealtrace.record import record
from dealtrace.whole_number import ID_MAX

_LEAD_KINDS: Mapping[str, LeadKind] = {
    **KINDS_BY_NAME,
    **{kind.value: kind for kind in LeadKind},
    "звонок": LeadKind.CALL,
    "заявка": LeadKind.LEAD_REQUEST,
}


@record
class AmountCell(NumberCell):
    """A cell with an amount of money in the currency of its row, or in rubles if the row has no currency."""

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return "rubles, up to four decimals"

    def read(self, cell: Cell) -> Decimal:
        """Parse the amount in a table of deals to import, rounded to four decimals.

        Ours: unlike in the API, an amount may have commas or points between thousands, such as `1,234.50`.
        """
        text = cell_text(cell)
        if not isinstance(cell, str):
            return parse_amount(text)
        bare = plain(text)
        sign = bare[:1] if bare[:1] in ("+", "-") else ""
        number = written_number(bare[len(sign) :]) if "\t" not in text and len(text) <= AMOUNT_LENGTH_MAX else None
        return parse_amount(text if number is None else f"{sign}{clear_number(number, self.decimal_sign):f}")


@record
class DealCurrencyCell(TextCell):
    """A cell with the currency of a deal, as the CRM names it."""

    def read(self, cell: Cell) -> str:
        """Return the currency as deals store it: in lower case, and `rub` for any spelling of the ruble.

        Raises:
            InvalidValue: the currency is too long.
        """
        text = TextCell.read(self, cell)
        is_dash = text in DASHES and not isinstance(cell, StatedText)
        return "" if is_dash else currency_of(text) or ""


@record
class LeadKindCell(WordCell):
    """A cell that shows whether a lead is a call or a lead request."""

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return "call or request"

    def read(self, cell: Cell) -> LeadKind:
        """Return the kind of lead, which may be written as in our exports or in Calltouch's deal journal."""
        kind = _LEAD_KINDS.get(cell_text(cell).casefold())
        if kind is None:
            raise InvalidValue("ожидается call или request", "expected call or request")
        return kind


@record
class ContactsCell(PhoneCell):
    """A cell with phones or e-mails, separated by commas; contacts beyond the maximum length are dropped."""

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return f"text {self.length_max:,}, or several separated by commas"

    def read(self, cell: Cell) -> str:
        """Return the contacts as written; if together they exceed `length_max` characters, the last are dropped."""
        self._check(cell)
        text = cell_text(cell)
        whole = text[: self.length_max + 1].rpartition(",")[0] if len(text) > self.length_max else ""
        return PhoneCell.read(self, StatedText(whole) if whole else cell)


_ID = IntegerCell(1, ID_MAX)
_LABEL = TextCell(LABEL_LENGTH_MAX)
DEAL_COLUMNS = (
    ImportColumn(
        "deal_id",
        ("orderId", "ID сделки"),
        _ID,
        "The id from Calltouch, to be kept; a new one is assigned if missing.",
    ),
    ImportColumn(
        "number",
        ("orderNumber", "Номер сделки", "Номер заказа", "Номер", "Номер документа"),
        ReferenceCell(NUMBER_LENGTH_MAX),
        "The deal's number in the CRM; if it is missing, the `orderId` becomes the number.",
    ),
    ImportColumn(
        "happened_at",
        (
            "orderDate",
            "createdDate",
            "date",
            "Дата создания",
            "Дата сделки",
            "Дата и время",
            "Дата",
            "Дата заказа",
            "Создана",
            "Создан",
        ),
        TimestampCell(),
        "When the deal was made, in the site's time zone.",
        Need.CELL,
    ),
    ImportColumn(
        "time", ("Время создания", "Время"), TimeOfDayCell(), "The time of day, if the date is in another column."
    ),
    ImportColumn(
        "status",
        ("orderStatus", "Статус", "Этап", "Статус сделки", "Статус заказа", "Этап сделки", "Стадия", "Стадия сделки"),
        _LABEL,
        "The status.",
        Need.COLUMN,
    ),
    ImportColumn(
        "amount",
        ("orderSum", "plannedAmount", "sum", "Бюджет", "Сумма", "Сумма сделки", "Сумма заказа", "Бюджет сделки"),
        AmountCell(),
        "The budget; unknown if missing.",
    ),
    ImportColumn(
        "currency",
        ("Валюта", "Код валюты"),
        DealCurrencyCell(CURRENCY_LENGTH_MAX),
        "The currency of the budget; rubles if missing.",
    ),
    ImportColumn(
        "touched_at",
        ("updatedDate", "Дата изменения"),
        TimestampCell(),
        "When the deal last changed; the time of the import if missing.",
    ),
    ImportColumn("service", ("Сервис", "CRM"), _LABEL, "The CRM."),
    ImportColumn("manager", ("Менеджер", "Ответственный"), _LABEL, "The manager in charge of the deal."),
    ImportColumn("comment", ("Комментарий", "Примечание"), TextCell(COMMENT_LENGTH_MAX), "A comment."),
    ImportColumn("tags", ("Теги", "Метки"), TagsCell(), "The tags of the deal."),
    ImportColumn(
        "lead_kind",
        ("leadType", "orderSource.type", "Тип лида"),
        LeadKindCell(),
        "Whether `lead_id` is a call or a lead request.",
    ),
    ImportColumn("lead_id", ("leadId", "ID лида"), _ID, "The id of the deal's lead; the lead may be imported later."),
    ImportColumn(
        "call_id",
        ("callId", "orderSource.callId", "ID звонка"),
        _ID,
        "The id of the deal's lead, if the lead is a call.",
    ),
    ImportColumn(
        "request_id",
        ("requestId", "orderSource.requestId", "ID заявки"),
        _ID,
        "The id of the deal's lead, if the lead is a lead request.",
    ),
    ImportColumn(
        "phone",
        ("phoneNumber", "contacts.phones", "phones", "client.phones", "Телефоны", "Телефон", "Телефон клиента"),
        ContactsCell(PHONE_LENGTH_MAX),
        "The client's phone, to find a lead if none has the given id.",
    ),
    ImportColumn(
        "email",
        ("contacts.emails", "emails", "client.emails", "Почта", "Электронная почта"),
        ContactsCell(EMAIL_LENGTH_MAX),
        "The client's e-mail, to find a lead if none has the given id.",
    ),
    ImportColumn(
        "source",
        ("visit.source", "utmSource", "Источник"),
        SOURCE_CELL,
        "The source, used if the deal has no lead.",
    ),
    ImportColumn("medium", ("visit.medium", "utmMedium", "Канал"), SOURCE_CELL, "The medium."),
    ImportColumn("campaign", ("visit.utmCampaign", "utmCampaign", "Кампания"), SOURCE_CELL, "The campaign."),
    ImportColumn("content", ("visit.utmContent", "utmContent", "Объявление"), SOURCE_CELL, "The ad."),
    ImportColumn("term", ("visit.keyword", "utmTerm", "keyword", "Ключевое слово"), SOURCE_CELL, "The keyword."),
)


def imported_deal(values: RowValues) -> IncomingDeal:
    """Return the deal in a row; `values` are keyed by column name.

    The currency is left out if it is the ruble. Earlier releases did not read the column, so the deals that they
    imported would otherwise differ when the same file is imported again.

    Raises:
        InvalidParameters: the row has the ids of two leads, or the id of a lead without its kind.
    """
    stated = {part: text for part, text in values_of(values, SOURCE_PARTS).items() if text}
    deal_id, currency = values.get("deal_id"), values.get("currency") or None
    return IncomingDeal(
        id=DealId(deal_id) if deal_id is not None else None,
        number=values.get("number"),
        status=values.get("status", ""),
        amount_rub=values.get("amount"),
        happened_at=cut_to_second(values["happened_at"]),
        touched_at=cut_to_second(values["touched_at"]) if "touched_at" in values else None,
        service=values.get("service", ""),
        manager=values.get("manager"),
        comment=values.get("comment"),
        tags=values.get("tags", ()),
        custom_values=custom_values_of(values),
        stated_source=TrafficSource(**stated) if stated else None,
        clue=LeadClue(_identity_of(values), _contact_of(values)),
        currency=currency if is_foreign(currency) else None,
    )


def _identity_of(values: RowValues) -> CallIdentity | LeadRequestIdentity | None:
    named = {kind: values[name] for kind, name in _ID_COLUMNS.items() if name in values}
    if "lead_id" in values:
        kind = values.get("lead_kind") or next(iter(named), None)
        if kind is None:
            raise InvalidParameters(
                [
                    Violation(
                        "lead_kind", "укажите тип лида: call или request", "state the kind of lead: call or request"
                    )
                ]
            )
        if named.setdefault(kind, values["lead_id"]) != values["lead_id"]:
            raise InvalidParameters([_two_ids(values["lead_id"], _ID_COLUMNS[kind], named[kind])])
    if len(named) > 1:
        raise InvalidParameters(
            [
                Violation(
                    "row",
                    "сделка не может быть и по звонку, и по заявке: оставьте что-то одно",
                    "a deal cannot come from both a call and a lead request: keep only one id",
                )
            ]
        )
    for kind, lead_id in named.items():
        return CallIdentity(lead_id, None) if kind is LeadKind.CALL else LeadRequestIdentity(lead_id, None)
    return None


def _two_ids(lead_id: int, name: str, other_id: int) -> Violation:
    return Violation(
        "row",
        f"лид указан дважды и по-разному: lead_id {lead_id}, {name} {other_id}; оставьте что-то одно",
        f"lead_id is {lead_id}, but {name} is {other_id}: keep only one id",
    )


_ID_COLUMNS = {LeadKind.CALL: "call_id", LeadKind.LEAD_REQUEST: "request_id"}


def _contact_of(values: RowValues) -> SearchContacts | None:
    return stated_contacts(values.get("phone"), values.get("email"))


DEALS = ImportFormat(
    ImportNoun.DEAL,
    DEAL_COLUMNS,
    "happened_at",
    imported_deal,
    other_times=("touched_at",),
    any_of=("deal_id", "number"),
    lacking=Violation("row", "нет ни orderId, ни orderNumber", "the orderId and the orderNumber are both missing"),
)
