"""The parameters of an order, as the deals API 2.0 calls a deal, and the schema of a list of orders."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dealtrace.calltouch.client_order_names import CONTACT_NAMES
from dealtrace.calltouch.json_bodies import (
    ITEMS_MAX,
    ObjectBody,
    key_of_list,
    keys_beside,
    list_in,
    object_schema,
    read_document,
)
from dealtrace.calltouch.leads.matching_elements import ELEMENT_PARAMS
from dealtrace.calltouch.parameters import CUSTOM, CUSTOM_FIELDS
from dealtrace.calltouch.wire_types import DASHED, Amount, MatchingElements, Names, TagObjects, WallClock
from dealtrace.deals.currency import CURRENCY_LENGTH_MAX
from dealtrace.deals.details import CONTACTS_MAX, PRODUCTS_MAX
from dealtrace.http.json_item_keys import ListedItems
from dealtrace.http.parameter_table import Parameter, ParameterTable
from dealtrace.http.parameter_types import Integer, Text
from dealtrace.leads.limits import COMMENT_LENGTH_MAX, LABEL_LENGTH_MAX, NUMBER_LENGTH_MAX, URL_LENGTH_MAX
from dealtrace.record import record

ORDERS = "orders"
CRM = Parameter("crm", Text(LABEL_LENGTH_MAX), "Название CRM.", "The name of the CRM.")
NUMBER = Parameter(
    "orderNumber",
    Text(NUMBER_LENGTH_MAX),
    "Номер сделки в CRM, уникальный в кабинете.",
    "The deal's number in the CRM, unique in the site.",
    required=True,
    absent_when_empty=True,
    is_reference=True,
)
STATUS = Parameter("status", Text(LABEL_LENGTH_MAX), "Статус сделки.", "The deal's status.", absent_when_empty=True)
ORDER_DATE = Parameter(
    "orderDate",
    WallClock(DASHED),
    "Дата создания сделки по времени кабинета: dd-mm-yyyy hh:mm:ss.",
    "When the deal was created, in the site's time zone: dd-mm-yyyy hh:mm:ss.",
    absent_when_empty=True,
)
SINGLE = (
    Parameter("funnel", Text(LABEL_LENGTH_MAX), "Воронка сделки.", "The sales funnel of the deal."),
    Parameter(
        "statusDate",
        WallClock(DASHED),
        "С какого времени у сделки этот статус; по умолчанию с orderDate.",
        "When the deal got this status; by default orderDate.",
        absent_when_empty=True,
    ),
    Parameter(
        "currency",
        Text(CURRENCY_LENGTH_MAX),
        "Валюта сумм, по умолчанию rub.",
        "The currency of the amounts, rub by default.",
        absent_when_empty=True,
    ),
    Parameter("revenue", Amount(), "Бюджет сделки.", "The deal's budget.", absent_when_empty=True),
    Parameter("margin", Amount(), "Маржа сделки.", "The deal's margin.", absent_when_empty=True),
    Parameter("manager", Text(LABEL_LENGTH_MAX), "Менеджер сделки.", "The deal's manager."),
    Parameter("orderLink", Text(URL_LENGTH_MAX), "Ссылка на сделку в CRM.", "A link to the deal in the CRM."),
    Parameter("orderName", Text(LABEL_LENGTH_MAX), "Название сделки.", "The deal's name."),
)
COMMENT = Parameter("comment.text", Text(COMMENT_LENGTH_MAX), "Комментарий к сделке.", "A comment on the deal.")
_OVERWRITE = {"type": "boolean"}


class TagChange(TagObjects):
    """Tags to add: a list, or an object with this list and a flag that makes an update replace the earlier tags."""

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema that accepts a list of tags or an object with such a list."""
        tags = super().schema()
        return {"anyOf": [tags, {"type": "object", "properties": {"tags": tags, "overwrite": _OVERWRITE}}]}


ADD_TAGS = Parameter("addTags", TagChange(), "Теги сделки.", "The deal's tags.")
MATCHING = Parameter(
    "matching",
    MatchingElements(LABEL_LENGTH_MAX, params=ELEMENT_PARAMS),
    "Способы узнать, откуда сделка, по порядку: request, call, leadContact, requestContact, callContact, session, "
    "customSources, withoutSource; chat и chatContact принимаются и ничего не находят.",
    "The ways to find out where the deal came from, tried in order: request, call, leadContact, requestContact, "
    "callContact, session, customSources, withoutSource; chat and chatContact are accepted and find nothing.",
)


@record
class Products:
    """A list of products."""

    erased: None = None

    def read(self, text: str) -> str:
        """Return the list as it was sent; `PRODUCT_TABLE` parses its products later."""
        return text

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        item = object_schema(PRODUCT_TABLE.described(), ["name"])
        return {"type": "array", "maxItems": PRODUCTS_MAX, "items": item}


@record
class Ids:
    """A list of positive ids."""

    erased: None = None

    def read(self, text: str) -> int:
        """Parse one id of the list."""
        return Integer(1).read(text)

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "array", "minItems": 1, "maxItems": ITEMS_MAX, "items": Integer(1).schema()}


@record
class Nested:
    """An object whose values are parsed elsewhere; `parts` has the JSON Schema of the value of each key."""

    parts: Mapping[str, object]
    erased: None = None

    def read(self, text: str) -> str:
        """Return `text` unchanged."""
        return text

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of this type."""
        return {"type": "object", "properties": self.parts}


PRODUCT_TABLE = ParameterTable(
    (
        Parameter("name", Text(LABEL_LENGTH_MAX), "Название товара.", "The name of the product.", required=True),
        Parameter("price", Amount(), "Цена товара.", "The price of the product."),
        Parameter("brand", Text(LABEL_LENGTH_MAX), "Бренд товара.", "The brand of the product."),
        Parameter("category", Text(LABEL_LENGTH_MAX), "Категория товара.", "The category of the product."),
        Parameter("variant", Text(LABEL_LENGTH_MAX), "Вариант товара.", "The variant of the product."),
        Parameter("quantity", Amount(), "Количество товара.", "The quantity of the product."),
    )
)
PRODUCTS = Parameter("products", Products(), "Товары сделки.", "The deal's products.")
_CONTACT = {"type": "string", "maxLength": LABEL_LENGTH_MAX}
_CONTACTS = {"type": "array", "maxItems": CONTACTS_MAX, "items": _CONTACT}
CONTACTS = Parameter(
    "orderContacts",
    Nested(
        {
            "mainContacts": {"type": "object", "properties": dict.fromkeys(("fio", *CONTACT_NAMES), _CONTACT)},
            "otherContacts": {"type": "object", "properties": dict.fromkeys(CONTACT_NAMES, _CONTACTS)},
        }
    ),
    "Контакты клиента.",
    "The client's contacts.",
)

CREATE_TABLE = ParameterTable(
    (CRM, NUMBER, replace(STATUS, required=True), replace(ORDER_DATE, required=True), *SINGLE, COMMENT, ADD_TAGS),
    family=CUSTOM,
)


@dataclass(frozen=True)
class OrderList:
    """A request body with a list of orders and the name of the CRM, which is added to every order.

    `table` has the parameters that are strings or numbers, `nested` the parameters that are objects or lists.
    """

    table: ParameterTable
    nested: tuple[Parameter, ...]
    name: str = ORDERS

    def items_of(self, body: bytes) -> ListedItems:
        """Return the orders in a request body, each with the name of the CRM added.

        Raises:
            UnreadableBody: the body is not JSON.
            InvalidParameters: the list is missing, empty or too long.
        """
        document = read_document(body)
        items = list_in(document, self.name)
        beside = keys_beside(document, self.name, CRM.name)
        sent = key_of_list(document, CRM.name) if isinstance(document, dict) else CRM.name
        if not isinstance(document, dict) or sent not in document:
            return ListedItems(items, beside)
        crm = {CRM.name: document[sent]}
        return ListedItems([{**item, **crm} if isinstance(item, dict) else item for item in items], beside)

    def described(self) -> list[Parameter]:
        """List the parameters of an order, custom fields last."""
        return [*self.table.parameters, *self.nested, CUSTOM_FIELDS]

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of the request body."""
        described = [parameter for parameter in self.described() if parameter.name != CRM.name]
        listed = {
            "type": "array",
            "minItems": 1,
            "maxItems": ITEMS_MAX,
            "items": object_schema(described, self.table.required),
        }
        crm = {**CRM.type.schema(), "description": self.table.named[CRM.name].en}
        return {"type": "object", "required": [self.name], "properties": {CRM.name: crm, self.name: listed}}


@dataclass(frozen=True)
class NamedOrders(ObjectBody):
    """A request body that identifies deals by lists of numbers or ids; at least one list must be sent."""

    def items_of(self, body: bytes) -> ListedItems:
        """Parse the body as JSON; return a list whose only item is the whole body.

        Raises:
            UnreadableBody: the body is not JSON.
            InvalidParameters: the body has no list of deal numbers or deal ids, or a list is empty or too long.
        """
        document = read_document(body)
        keys = document if isinstance(document, dict) else {}
        sent = [each.name for each in self.parameters if key_of_list(keys, each.name) in keys]
        for name in sent or [self.parameters[0].name]:
            list_in(document, name)
        return ListedItems([document])


NUMBERS = Parameter(
    "orderNumbers", Names(NUMBER_LENGTH_MAX), "Номера сделок в CRM.", "The numbers that the deals have in the CRM."
)
IDS = Parameter("calltouchOrderIds", Ids(), "Идентификаторы сделок.", "The ids of deals.")
_TAGS_OF_LEAD = Parameter("addTagsToLead", TagObjects(), "Теги лида сделки.", "Tags to add to the deal's lead.")
CREATE_BODY = OrderList(CREATE_TABLE, (MATCHING, PRODUCTS, CONTACTS, _TAGS_OF_LEAD))
_IN_UPDATE = {
    "statusDate": (
        "С какого времени у сделки этот статус; по умолчанию новый статус действует с момента запроса.",
        "When the deal got this status; by default, a new status begins now.",
    ),
    "currency": ("Валюта сумм.", "The currency of the amounts."),
}
"""The meanings, in Russian and English, that some parameters have in an update but not in a registration."""


def _in_update(parameter: Parameter) -> Parameter:
    ru, en = _IN_UPDATE.get(parameter.name, (parameter.ru, parameter.en))
    return replace(parameter, ru=ru, en=en)


def _unstored(parameter: Parameter) -> Parameter:
    return replace(parameter, ru="Принимается, но не сохраняется.", en="Accepted but not stored.")


UPDATE_TABLE = ParameterTable(
    (
        _unstored(CRM),
        NUMBER,
        STATUS,
        _unstored(ORDER_DATE),
        _unstored(replace(ORDER_DATE, name="updateDate")),
        *map(_in_update, SINGLE),
        replace(COMMENT, ru="Комментарий, который нужно добавить.", en="A comment to add to the deal."),
        ADD_TAGS,
    ),
    empty_erases=True,
    family=CUSTOM,
)
_TO_LEAD = (
    replace(_TAGS_OF_LEAD, type=TagChange()),
    Parameter(
        "leadManager",
        Nested({"manager": {"type": "string", "maxLength": LABEL_LENGTH_MAX}, "overwrite": _OVERWRITE}),
        "Менеджер лида сделки.",
        "The manager of the deal's lead.",
    ),
    Parameter(
        "addCustomFieldsToLead",
        Nested({"customFields": CUSTOM_FIELDS.type.schema(), "overwrite": _OVERWRITE}),
        "Пользовательские поля лида сделки.",
        "Custom fields of the deal's lead.",
    ),
)
_RE_MATCHING = replace(
    MATCHING,
    name="reMatching",
    ru="Способы узнать, откуда сделка, в том же формате, что и в matching; источник определяется заново.",
    en="How to find the source of the deal again; the format is the same as in matching.",
)
_NEW_COMMENT = replace(
    COMMENT, name="addNewComment.text", ru="Комментарий, который нужно добавить.", en="A comment to add to the deal."
)
UPDATE_BODY = OrderList(UPDATE_TABLE, (_RE_MATCHING, PRODUCTS, CONTACTS, _NEW_COMMENT, *_TO_LEAD))
DELETE_BODY = NamedOrders((replace(NUMBERS, required=True),))
SEARCH_BODY = NamedOrders((NUMBERS, IDS))
