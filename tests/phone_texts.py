"""Texts of phone fields as people and programs fill them, with the phones that may be read from each."""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from random import Random

import phonenumbers

from dealtrace.leads.phones.numbering_plans import is_assigned_in_russia, stated_foreign
from dealtrace.record import record

COUNTRIES = (
    *("BY", "UA", "UZ", "KG", "TJ", "TM", "AM", "AZ", "GE", "MD", "DE", "FR", "IT", "ES", "PL", "GB", "TR", "IL"),
    *("US", "CN", "VN", "JP", "IN", "AE", "FI", "NO", "EE", "LV", "LT", "CZ", "HK", "TH", "KR", "BR", "EG", "RS"),
)
NUMBERS_PER_COUNTRY = 300
RUSSIAN_CODES = (
    *("9{}{}", "9{}{}", "9{}{}", "495", "499", "812", "383", "351", "343", "843", "846", "863", "861", "473", "391"),
    *("485{}", "427{}", "415{}", "800", "841{}", "301{}", "349{}", "70{}", "77{}", "727", "717", "71{}", "347", "381"),
)
RUSSIAN_PREFIXES = ("", "7", "+7", "8", "8 ", "+7 ", "7 ", "8-", "+7-", "+8 ", "007 ", "8~10 7 ", "+7 8 ", "7-")
RUSSIAN_GROUPS = (
    *((10,), (10,), (3, 7), (3, 3, 4), (3, 3, 2, 2), (3, 3, 2, 2), (3, 2, 2, 3), (3, 1, 2, 2, 2), (4, 6), (4, 2, 2, 2)),
    *((4, 3, 3), (5, 5), (5, 1, 2, 2), (5, 2, 3), (5, 3, 2)),
)
BETWEEN = ("", " ", "-", ".", " - ", "\u00a0", "–")
BETWEEN_BY_MISTAKE = (",", "/", "x", "_", "·", " / ", ", ")
EXIT_CODES = ("+", "+", "", "", "", "00", "8~10 ", "810", "+810 ", "00 ", "+ ")
LABELS = (
    *("", "", "", "тел. ", "тел.", "т.", "моб: ", "Телефон: ", "phone ", "Иван ", "☎ ", "\u202a", "tel:", "Ольга, "),
)
HOUSES = (
    *(
        "д.{} ",
        "кв.{} ",
        "кв. {}, ",
        "оф.{}; ",
        "каб {} - ",
        "д.{} кв.{} ",
        "{}/{} ",
        "д. {}, кв. {}, ",
        "кв{} ",
        "{}-{}, ",
    ),
    *(
        "{}. ",
        "{}) ",
        "({}) ",
        "{} ",
        "{}: ",
        "{}-",
        "{}, ",
        "{}/",
        "{} · ",
        "{}\n",
        "{} | ",
        "стр.{}, ",
        "под.{} эт.{} ",
    ),
)
ORDERS = ("№{} ", "заказ {}, ", "заказ {} ", "#{} ", "№ {}, ", "{} ", "{}; ", "{} - ", "счёт {}: ", "id{} ", "{}/")
DATES = (
    "25.11.2026 ",
    "25.11.26, ",
    "2026-11-25 10:00 ",
    "25.11 ",
    "10:00 ",
    "25.11.2026 10:00:00 ",
    "с 10 до 18 ",
    "9-18 ",
)
PRICES = ("1500 ", "1 500 руб. ", "4500,00 ", "12 000 ", "12 000,50 р. ", "150$ ", "2x3 ", "99.90 ", "3 500 000 ")
ENDS = (
    "",
    "",
    "",
    "",
    ".",
    " ",
    ";",
    "\u202c",
    "\n",
    " Иван",
    " (Ольга)",
    ", ",
    " звонить с 10 до 18",
    " вечером",
    ".0",
)
EXTENSIONS = (
    " доб. {}",
    " вн.{}",
    " #{}",
    "x{}",
    " ({})",
    " {}",
    ", {}",
    "-{}",
    " ext {}",
    ",,{}",
    " доб {}",
    " x {}",
    "/{}",
)
FLOAT = re.compile(r"[0-9]{10}\Z")
BEHIND = (" кв.{}", ", кв. {}", " ({})", " {}", ", {}", "/{}", " - {}", "; {}", " №{}", " д.{}", " заказ {}", "\n{}")
JOINTS = (" + ", ", ", "; ", " ", "/", " / ", " и ", " или ", "\n", " | ", ",", " - ", " моб. ", "+", " доп. ")

WIDE_JOINTS = ("; ", "\n", " и ", " или ", " моб. ", " доп. ", ", Иван ")


@record
class PhoneText:
    """The text of a phone field, and the phones that may be read from it; any other phone is a stranger's."""

    text: str
    phones: frozenset[str]


@cache
def foreign_numbers(country: str) -> Sequence[phonenumbers.PhoneNumber]:
    """List valid numbers of a country: landlines and mobiles, always the same."""
    random, found = Random(country), []
    kinds = [phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE]
    examples = [phonenumbers.example_number_for_type(country, kind) for kind in kinds]
    while len(found) < NUMBERS_PER_COUNTRY:
        example = random.choice(examples)
        changed = 10 ** random.randint(3, 7)
        number = phonenumbers.PhoneNumber(
            country_code=example.country_code,
            national_number=example.national_number // changed * changed + random.randrange(changed),
            italian_leading_zero=example.italian_leading_zero,
        )
        if phonenumbers.is_valid_number(number):
            found.append(number)
    return found


def draw_phone_text(random: Random) -> PhoneText:
    """Return a random text with one phone or two, among numbers of houses, orders, dates, prices and extensions."""
    phones: set[str] = set()
    text = random.choice((_front, _front, _label))(random) + _dressed_phone(random, phones)
    if random.random() < 0.15:
        joint, further = random.choice(JOINTS), _dressed_phone(random, phones)
        if random.random() < 0.5:
            joint, further = random.choice(WIDE_JOINTS), _front(random) + further
        is_misleading = joint == "," and further.startswith("00")
        text += ("; " if is_misleading else joint) + further
    end = random.choice(ENDS)
    return PhoneText(text + ("" if end == ".0" and FLOAT.search(text) is None else end), frozenset(phones))


def _dressed_phone(random: Random, phones: set[str]) -> str:
    phone = random.choice((_russian, _foreign))(random, phones)
    draw = random.random()
    if draw < 0.25:
        behind, number = random.choice(EXTENSIONS if draw < 0.15 else BEHIND), str(_number(random, 6))
        phone += behind.format(number)
        if not any(sign.isalpha() for sign in behind.removesuffix("{}")):
            phones.update(_longer(phones, number))
    return phone


def _longer(phones: Collection[str], digits: str) -> list[str]:
    """List foreign numbers with digits behind them: in Germany and elsewhere an extension is a part of the number."""
    longer = [phone + digits for phone in phones if not phone.startswith("7")]
    return [number for number in longer if stated_foreign(number) == number]


def _label(random: Random) -> str:
    return random.choice(LABELS)


def _front(random: Random) -> str:
    kind = random.random()
    if kind < 0.5:
        front = random.choice(HOUSES).format(_number(random, 4), _number(random, 3))
    elif kind < 0.7:
        front = random.choice(ORDERS).format(_number(random, 9))
    elif kind < 0.8:
        front = random.choice(DATES)
    elif kind < 0.9:
        front = random.choice(PRICES)
    else:
        front = ""
    return random.choice((front, _label(random) + front, front + _label(random)))


def _number(random: Random, length_max: int) -> int:
    length = random.randint(1, length_max)
    return random.choice((random.randint(10 ** (length - 1), 10**length - 1), random.choice((7, 8, 79, 84, 8104))))


def _joined(random: Random, groups: Sequence[str]) -> str:
    between = random.choice(BETWEEN)
    text = groups[0]
    for group in groups[1:]:
        is_mistaken = between and random.random() < 0.02
        text += (random.choice(BETWEEN_BY_MISTAKE) if is_mistaken else between) + group
    return text


def _russian(random: Random, phones: set[str]) -> str:
    national = ""
    while not is_assigned_in_russia(national):
        code = random.choice(RUSSIAN_CODES).format(random.randint(0, 9), random.randint(0, 9))
        national = code + "".join(str(random.randint(0, 9)) for _ in range(10 - len(code)))
    phones.add(f"7{national}")
    groups, start = [], 0
    for length in random.choice(RUSSIAN_GROUPS):
        groups.append(national[start : start + length])
        start += length
    if len(groups) > 1 and random.random() < 0.3:
        groups[0] = f"({groups[0]})"
    return random.choice(RUSSIAN_PREFIXES) + _joined(random, groups)


def _foreign(random: Random, phones: set[str]) -> str:
    number = random.choice(foreign_numbers(random.choice(COUNTRIES)))
    own = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    exit_code = random.choice(EXIT_CODES)
    phones.add(own)
    if not exit_code:
        phones.update(number for number in _russian_readings(own) if is_assigned_in_russia(number[1:]))
    code = str(number.country_code)
    national = own.removeprefix(code)
    international = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL).removeprefix("+")
    kind = random.random()
    if kind < 0.3:
        written = own
    elif kind < 0.7:
        written = international
    elif kind < 0.8:
        written = random.choice(BETWEEN).join(international.replace("-", " ").split())
    elif kind < 0.9:
        start = random.choice((2, 3))
        written = f"{code} ({national[:start]}) {national[start:]}"
    else:
        start = 2 + len(national) % 2
        pairs = [national[place : place + 2] for place in range(start, len(national), 2)]
        written = random.choice(BETWEEN).join([code, national[:start], *pairs])
    return exit_code + written


def _russian_readings(own: str) -> Iterator[str]:
    """Yield the Russian numbers that a foreign number without a plus is: a valid Russian number without it is Russian.

    Behind the 7 or 8 of a house, ten digits in Russian groups are a Russian number with an extension, unless they begin
    with 99.
    """
    if len(own) == 10:
        yield f"7{own}"
    if len(own) == 11 and own[0] in "78":
        yield f"7{own[1:]}"
    if not own.startswith("99"):
        yield f"7{own[:10]}"
