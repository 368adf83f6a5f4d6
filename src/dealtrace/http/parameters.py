"""Reading a request's parameters by their table: all faults at once, absent and empty told apart."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dealtrace.errors import InvalidParameters, InvalidValue, Violation
from dealtrace.http.forms import Pairs
from dealtrace.http.parameter_types import WireType
from dealtrace.record import record

REQUIRED = ("обязательный параметр не передан", "a required parameter is missing")


@record
class Parameter:
    """A parameter: its name on the wire, its type, whether it must be there, and what it is for, in both languages.

    `absent_when_empty` is for names that an update cannot erase, only look up by. `is_token` is for the one that is
    looked at before any other.
    """

    name: str
    type: WireType
    ru: str
    en: str
    required: bool = False
    absent_when_empty: bool = False
    is_token: bool = False


@record
class Family(Parameter):
    """Parameters of one name that differ by a key of the caller's, written `name[key]=value`."""

    key_length_max: int = 100
    members_max: int = 200

    @property
    def opening(self) -> str:
        """What the name of every member begins with."""
        return f"{self.name}["

    def key_of(self, name: str) -> str:
        """Read the key in a member's name.

        Raises:
            Malformed: the name is not written as it should be.
        """
        key = name.removeprefix(self.opening).removesuffix("]")
        if not name.endswith("]") or not 0 < len(key) <= self.key_length_max:
            raise InvalidValue(
                f"ожидается {self.name}[имя], имя от 1 до {self.key_length_max} символов",
                f"{self.name}[name] is expected, with a name of 1 to {self.key_length_max} characters",
            )
        _refuse_unstorable(key)
        if "\ufffd" in key:
            raise InvalidValue("имя не в кодировке UTF-8", "the name is not UTF-8")
        return key

    def check_count(self, before: int) -> None:
        """See that one more may follow.

        Raises:
            Malformed: there are as many as there may be.
        """
        if before >= self.members_max:
            raise InvalidValue(
                f"пользовательских полей больше {self.members_max}", f"more than {self.members_max} custom fields"
            )


@dataclass(slots=True)
class Sent:
    """What a caller sent, read: values by name, those of a family by key, and the texts as they came."""

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
    family: Family | None = None
    named: Mapping[str, Parameter] = field(init=False)
    required: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Index the table once."""
        object.__setattr__(self, "named", {one.name: one for one in self.parameters})
        required = tuple(one.name for one in self.parameters if one.required and not one.is_token)
        object.__setattr__(self, "required", required)

    def described(self) -> list[Parameter]:
        """List all that may be sent, the family last."""
        return [*self.parameters, *([self.family] if self.family is not None else [])]

    def read(self, pairs: Pairs) -> Sent:
        """Read every known parameter; unknown ones are passed over.

        Raises:
            InvalidParameters: one violation for each that is missing, malformed or out of range.
        """
        sent = Sent()
        faults: dict[str, Violation] = {}
        for name, text in pairs.values.items():
            parameter = self.named.get(name)
            if parameter is None:
                if self._knows(name):
                    self._take_member(name, text, sent, faults)
            elif text:
                try:
                    _refuse_unstorable(text)
                    sent.values[name] = parameter.type.read(text)
                    sent.texts[name] = text
                except InvalidValue as fault:
                    faults[name] = Violation(name, fault.ru, fault.en)
            elif self.empty_erases and not parameter.absent_when_empty:
                sent.values[name] = parameter.type.erased
        faults |= {name: violation for name, violation in pairs.broken.items() if self._knows(name)}
        for name in self.required:
            if name not in sent.values and name not in faults:
                faults[name] = Violation(name, *REQUIRED)
        if faults:
            raise InvalidParameters(list(faults.values()))
        return sent

    def _knows(self, name: str) -> bool:
        return name in self.named or (self.family is not None and name.startswith(self.family.opening))

    def _take_member(self, name: str, text: str, sent: Sent, faults: dict[str, Violation]) -> None:
        assert self.family is not None
        try:
            key = self.family.key_of(name)
            _refuse_unstorable(text)
            self.family.check_count(len(sent.custom))
            value = self.family.type.read(text)
        except InvalidValue as fault:
            faults[name] = Violation(name, fault.ru, fault.en)
            return
        if text or self.empty_erases:
            sent.custom[key] = value
            sent.texts[name] = text


def _refuse_unstorable(text: str) -> None:
    """Refuse what no database text can hold."""
    if "\0" in text:
        raise InvalidValue("нулевой байт недопустим", "a zero byte is not allowed")
