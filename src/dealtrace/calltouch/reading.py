"""Reading a request's parameters by their table: all faults at once, absent and empty told apart."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dealtrace.calltouch.forms import Pairs
from dealtrace.calltouch.parameters import (
    CLIENT_API_ID,
    CUSTOM,
    CUSTOM_NAME_LENGTH_MAX,
    CUSTOM_VALUES_MAX,
    Parameter,
    by_name,
)
from dealtrace.calltouch.wire_types import Malformed
from dealtrace.errors import FaultyParameters, Violation

REQUIRED = ("обязательный параметр не передан", "a required parameter is missing")
_CUSTOM_OPENING = f"{CUSTOM.name}["
_CUSTOM_CLOSING = "]"


@dataclass(slots=True)
class Sent:
    """What a caller sent, read: values by name, custom values by field, and the texts as they came."""

    values: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        """Return a value that must be there."""
        return self.values[name]

    def get(self, name: str, absent: Any = None) -> Any:
        """Return a value, or `absent` if it was not sent."""
        return self.values.get(name, absent)

    def fingerprint(self) -> str:
        """Tell what makes two requests the same: every known parameter as it was sent."""
        return hashlib.sha256(msgspec.json.encode(sorted(self.texts.items()))).hexdigest()


@dataclass(frozen=True)
class ParameterTable:
    """The parameters of one endpoint; `empty_erases` tells what `name=` means.

    Seed: «какой-либо из параметров выше передается с пустым значением, то текущее значение в статистике Calltouch
    будет перезаписано на пустоту» is a rule of updates; elsewhere an empty parameter counts as absent.
    """

    parameters: tuple[Parameter, ...]
    empty_erases: bool = False
    takes_custom: bool = False
    named: Mapping[str, Parameter] = field(init=False)
    required: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Index the table once."""
        object.__setattr__(self, "named", by_name(self.parameters))
        required = tuple(one.name for one in self.parameters if one.required and one is not CLIENT_API_ID)
        object.__setattr__(self, "required", required)

    def read(self, pairs: Pairs) -> Sent:
        """Read every known parameter; unknown ones are passed over.

        Raises:
            FaultyParameters: one violation for each that is missing, malformed or out of range.
        """
        sent = Sent()
        faults: dict[str, Violation] = {}
        for name, text in pairs.values.items():
            parameter = self.named.get(name)
            if parameter is None:
                if self._knows(name):
                    self._take_custom(name, text, sent, faults)
            elif text:
                try:
                    _refuse_unstorable(text)
                    sent.values[name] = parameter.type.read(text)
                    sent.texts[name] = text
                except Malformed as fault:
                    faults[name] = Violation(name, fault.ru, fault.en)
            elif self.empty_erases and not parameter.absent_when_empty:
                sent.values[name] = parameter.type.erased
        faults |= {name: violation for name, violation in pairs.broken.items() if self._knows(name)}
        for name in self.required:
            if name not in sent.values and name not in faults:
                faults[name] = Violation(name, *REQUIRED)
        if faults:
            raise FaultyParameters(list(faults.values()))
        return sent

    def _knows(self, name: str) -> bool:
        return name in self.named or (self.takes_custom and name.startswith(_CUSTOM_OPENING))

    def _take_custom(self, name: str, text: str, sent: Sent, faults: dict[str, Violation]) -> None:
        field_name = name.removeprefix(_CUSTOM_OPENING).removesuffix(_CUSTOM_CLOSING)
        try:
            _check_custom_name(name, field_name)
            _refuse_unstorable(text)
            _check_custom_count(len(sent.custom))
            value = CUSTOM.type.read(text)
        except Malformed as fault:
            faults[name] = Violation(name, fault.ru, fault.en)
            return
        if text or self.empty_erases:
            sent.custom[field_name] = value
            sent.texts[name] = text


def _check_custom_name(name: str, field_name: str) -> None:
    if not name.endswith(_CUSTOM_CLOSING) or not 0 < len(field_name) <= CUSTOM_NAME_LENGTH_MAX:
        raise Malformed(
            f"ожидается custom[имя], имя от 1 до {CUSTOM_NAME_LENGTH_MAX} символов",
            f"custom[name] is expected, with a name of 1 to {CUSTOM_NAME_LENGTH_MAX} characters",
        )
    _refuse_unstorable(field_name)
    if "\ufffd" in field_name:
        raise Malformed("имя не в кодировке UTF-8", "the name is not UTF-8")


def _check_custom_count(before: int) -> None:
    if before >= CUSTOM_VALUES_MAX:
        raise Malformed(
            f"пользовательских полей больше {CUSTOM_VALUES_MAX}", f"more than {CUSTOM_VALUES_MAX} custom fields"
        )


def _refuse_unstorable(text: str) -> None:
    """Refuse what no database text can hold."""
    if "\0" in text:
        raise Malformed("нулевой байт недопустим", "a zero byte is not allowed")
