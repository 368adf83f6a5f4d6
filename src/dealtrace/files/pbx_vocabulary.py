"""The vocabulary of call lists of PBXs (telephone exchanges): headings, and words for answered and missed calls."""

import re
from collections.abc import Mapping

from dealtrace.plain_text import visible
from dealtrace.record import record

_BETWEEN_WORDS = re.compile(r"[\s_-]+")
_FLOAT = re.compile(r"([0-9]+)\.0")
"""A whole number with `.0`, as written by programs that store a column with empty cells as floats."""


@record
class Pbx:
    """A PBX: its headings for each of our columns, best first, and its words for answered and missed calls."""

    name: str
    headings: Mapping[str, tuple[str, ...]]
    answered: tuple[str, ...]
    missed: tuple[str, ...]


PBXS = (
    Pbx(
        "people and spreadsheets",
        {},
        (
            "да",
            "yes",
            "y",
            "t",
            "ok",
            "ок",
            "true",
            "1",
            "истина",
            "состоялся",
            "состоялось",
            "успешный",
            "успешно",
            "успешная",
            "успешный звонок",
            "успешный вызов",
            "разговор состоялся",
            "completed",
            "соединён",
            "соединен",
            "соединено",
            "соединена",
            "соединение установлено",
            "с ответом",
            "дозвон",
            "разговор",
        ),
        (
            "нет",
            "no",
            "n",
            "f",
            "false",
            "0",
            "ложь",
            "не состоялся",
            "не состоялось",
            "неуспешный",
            "неуспешно",
            "неуспешная",
            "неуспешный звонок",
            "неуспешный вызов",
            "разговор не состоялся",
            "без ответа",
            "без соединения",
            "не соединён",
            "не соединен",
            "не соединено",
            "не соединена",
            "not answered",
            "unanswered",
            "rejected",
            "declined",
            "unavailable",
            "missed call",
            "отменён",
            "отменен",
            "отменено",
            "отменена",
            "отклонён",
            "отклонен",
            "отклонено",
            "отклонена",
            "недоступен",
            "недоступно",
            "недоступна",
            "недозвон",
            "не дозвонились",
            "timeout",
        ),
    ),
    Pbx("Calltouch", {}, ("successful",), ("unsuccessful",)),
    Pbx(
        "Asterisk CDR",
        {
            "started_at": ("calldate", "start"),
            "phone": ("src",),
            "dialled_phone": ("dst",),
            "duration_seconds": ("billsec",),
            "reference": ("uniqueid",),
            "status": ("disposition",),
        },
        ("answered", "answer", "connect", "completeagent", "completecaller"),
        (
            "no answer",
            "noanswer",
            "busy",
            "failed",
            "congestion",
            "cancel",
            "canceled",
            "cancelled",
            "chanunavail",
            "abandon",
            "abandoned",
            "exitwithtimeout",
            "exitempty",
            "ringnoanswer",
        ),
    ),
    Pbx(
        "FreeSWITCH",
        {
            "started_at": ("start_stamp",),
            "phone": ("caller_id_number",),
            "dialled_phone": ("destination_number",),
            "client_name": ("caller_id_name",),
            "status": ("hangup_cause",),
        },
        ("normal clearing", "attended transfer", "blind transfer"),
        (
            "user busy",
            "no user response",
            "originator cancel",
            "call rejected",
            "allotted timeout",
            "progress timeout",
            "subscriber absent",
            "user not registered",
            "recovery on timer expire",
            "no route destination",
            "destination out of order",
            "network out of order",
            "normal circuit congestion",
            "normal temporary failure",
            "invalid number format",
            "incompatible destination",
            "lose race",
            "service unavailable",
            "exchange routing error",
            "no route transit net",
            "gateway down",
            "bearercapability notavail",
            "outgoing call barred",
            "incoming call barred",
            "facility rejected",
            "requested chan unavail",
            "media timeout",
        ),
    ),
    Pbx("FreePBX", {"dialled_phone": ("did",), "client_name": ("cnam",)}, (), ("voicemail",)),
    Pbx(
        "Mango Office",
        {
            "phone": ("from_number", "Кто звонил"),
            "dialled_phone": ("line_number", "to_number", "Кому звонили"),
            "answering_phone": ("to_extension",),
            "reference": ("entry_id",),
        },
        (
            "принят",
            "принятый",
            "принята",
            "принято",
            "принятый звонок",
            "принятый вызов",
            "отвечен",
            "отвечено",
            "отвечена",
            "отвеченный",
            "отвеченный звонок",
            "отвеченный вызов",
        ),
        (
            "пропущен",
            "пропущено",
            "пропущена",
            "пропущенный",
            "пропущенный звонок",
            "пропущенный вызов",
            "не принят",
            "не принята",
            "не принято",
            "непринятый",
            "непринятый звонок",
            "непринятый вызов",
            "не отвечен",
            "не отвечено",
            "не отвечена",
            "неотвеченный",
            "неотвеченный звонок",
            "неотвеченный вызов",
            "занято",
            "занят",
            "нет ответа",
            "не отвечает",
            "непринят",
            "непринята",
            "непринято",
            "неотвечен",
            "неотвечена",
            "неотвечено",
            "абонент не ответил",
            "абонент занят",
        ),
    ),
    Pbx(
        "UIS",
        {
            "started_at": ("start_time",),
            "phone": ("contact_phone_number",),
            "dialled_phone": ("virtual_phone_number", "Виртуальный номер"),
            "duration_seconds": ("talk_duration",),
            "waiting_seconds": ("wait_duration",),
            "reference": ("call_session_id",),
            "client_name": ("contact_full_name",),
        },
        ("обработан", "обработано", "обработана", "обработанный"),
        (
            "потерян",
            "потеряно",
            "потеряна",
            "потерянный",
            "потерянный звонок",
            "потерянный вызов",
            "необработанный",
            "не обработан",
            "не обработано",
            "не обработана",
        ),
    ),
    Pbx("MegaFon", {}, ("success",), ("missed", "notavailable", "not available", "notallowed", "notfound")),
    Pbx(
        "Zadarma",
        {
            "started_at": ("callstart",),
            "phone": ("clid", "caller_id"),
            "dialled_phone": ("called_did", "destination"),
            "duration_seconds": ("billseconds", "seconds"),
            "reference": ("pbx_call_id",),
        },
        (),
        ("no money", "unallocated number", "no limit", "no day limit", "line limit", "no money, no limit"),
    ),
    Pbx(
        "1C",
        {"phone": ("Абонент", "Номер звонящего"), "duration_seconds": ("Длительность в секундах",)},
        ("состоявшийся", "завершен", "завершён", "завершено", "завершена"),
        (
            "несостоявшийся",
            "не завершен",
            "не завершён",
            "не завершено",
            "не завершена",
            "сброшен",
            "сброшено",
            "сброшена",
            "сброшенный",
        ),
    ),
)

ANSWERED = frozenset(word for pbx in PBXS for word in pbx.answered)
MISSED = frozenset(word for pbx in PBXS for word in pbx.missed)


def is_answered(text: str) -> bool | None:
    """Return whether a word that PBXs or people use means that a call was answered, or `None` for an unknown word."""
    word = _FLOAT.sub(r"\1", _BETWEEN_WORDS.sub(" ", visible(text).casefold())).strip()
    return True if word in ANSWERED else False if word in MISSED else None


def pbx_headings(column: str) -> tuple[str, ...]:
    """List the headings, best first, that PBXs use for `column`, one of our columns of calls.

    Ours: for the dialled phone, `did` (the company's number) comes before `dst` (the extension that got the call).
    """
    headings = [heading for pbx in PBXS for heading in pbx.headings.get(column, ())]
    return tuple(sorted(headings, key=lambda heading: heading in _LESS_EXACT))


_LESS_EXACT = ("dst", "to_number", "destination", "clid")
