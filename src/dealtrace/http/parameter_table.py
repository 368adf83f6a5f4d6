"""Parse the parameters of a request according to a table; all violations are reported together."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dealtrace.errors import InvalidParameters, InvalidValue, Violation
from dealtrace.http.parameter_spellings import Spellings
from dealtrace.http.parameter_types import Text, WireType
from dealtrace.http.query_string import Pairs
from dealtrace.leads.limits import CUSTOM_NAME_LENGTH_MAX, CUSTOM_VALUES_MAX
from dealtrace.leads.reference_spelling import names_nothing
from dealtrace.nearest_name import is_misspelling, nearest_name, suggestion
from dealtrace.plain_text import is_blank, stripped
from dealtrace.record import record

REPEATED = (
    "параметр передан несколько раз, нужен один; несколько имён перечислите через запятую",
    "the parameter was sent more than once; send it once, with several names separated by commas",
)
NO_REFERENCE = (
    "передано слово, которое программы пишут вместо пустого значения: проверьте переменную",
    "this word is what programs write for a missing value; check the variable",
)
REQUIRED = ("обязательный параметр не передан", "this parameter is required")
UNKNOWN_COMPARED_MAX, MISSPELT_LENGTH_MAX = 20, 50
"""Ours: how many unknown names, and of what length, are compared with a missing parameter to find a misspelling.

The limits save CPU time.
"""


@record
class Parameter:
    """A parameter: its name in requests, its type, whether it is required, and its description in both languages.

    - `absent_when_empty`: whether an empty value counts as absent even on endpoints where other empty values erase what
      is stored; the number by which an update finds its deal is an example.
    - `gives_way_to`: the name of another parameter; if that was sent with a valid value, a malformed value is ignored.
    - `is_token`: whether this is the token, which is checked before all other parameters.
    - `is_reference`: whether what programs write for a missing value, such as `null`, counts as absent.
    - `takes_several`: whether all values of a parameter that was sent several times count, joined with commas.
    """

    name: str
    type: WireType
    ru: str
    en: str
    required: bool = False
    absent_when_empty: bool = False
    gives_way_to: str = ""
    is_token: bool = False
    is_reference: bool = False
    takes_several: bool = False

    @property
    def takes_list(self) -> bool:
        """Return whether the elements of a list, as in `phoneNumber[]=…`, may be joined with commas."""
        return self.takes_several or (type(self.type) is Text and not self.is_reference)


@record
class ParameterFamily(Parameter):
    """Parameters with a common name, and with keys that the caller chooses: `name[key]=value`."""

    key_length_max: int = CUSTOM_NAME_LENGTH_MAX
    members_max: int = CUSTOM_VALUES_MAX

    @property
    def opening(self) -> str:
        """Return `name[`, the prefix of every parameter name of the family."""
        return f"{self.name}["

    def key_of(self, name: str) -> str:
        """Return the key in `name[key]`, without blanks and invisible marks around it.

        Raises:
            InvalidValue: the name is malformed, or its key is too long.
        """
        key = stripped(name.removeprefix(self.opening).removesuffix("]"))
        if not name.endswith("]") or not 0 < len(key) <= self.key_length_max:
            raise InvalidValue(
                f"ожидается {self.name}[имя], имя от 1 до {self.key_length_max} символов",
                f"must have the form {self.name}[name], with a name of 1 to {self.key_length_max} characters",
            )
        _check_storable(key)
        if "\ufffd" in key:
            raise InvalidValue("имя не в кодировке UTF-8", "the name must be valid UTF-8")
        return key

    def check_count(self, before: int) -> None:
        """Check that one more parameter `name[key]` is allowed; `before` is the number already in the request.

        Raises:
            InvalidValue: the maximum is reached.
        """
        if before >= self.members_max:
            raise InvalidValue(
                f"допускается не более {self.members_max} пользовательских полей",
                f"at most {self.members_max} custom fields are allowed",
            )


@record
class Repeated(Parameter):
    """A parameter that may be sent several times and is parsed as a list of values in the order they were sent.

    Empty values are skipped; with `keeps_empty`, each becomes `type.erased`.
    """

    count_max: int = 50
    keeps_empty: bool = False

    def parse(self, texts: Sequence[str]) -> list[Any]:
        """Return the parsed values of `texts`, in input order, typed Any: each parameter has values of its own type.

        Raises:
            InvalidValue: there are too many values, or one of them is malformed.
        """
        if len(texts) > self.count_max:
            raise InvalidValue(
                f"допускается не более {self.count_max} значений", f"at most {self.count_max} values are allowed"
            )
        for text in texts:
            _check_storable(text)
        sent = texts if self.keeps_empty else [text for text in texts if not is_blank(text)]
        return [self.type.erased if is_blank(text) else self.type.read(text) for text in sent]


@dataclass(slots=True)
class Sent:
    """The parsed parameters of a request.

    `values` has the parsed values by name, and `custom` the values of custom fields (`custom[key]=value`) by key.
    `texts` has the known parameters as they were sent, `unknown` the names that the endpoint does not know.
    Parsed values are typed Any: each value has the type of its parameter.
    """

    values: dict[str, object] = field(default_factory=dict)
    custom: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> Any:
        """Return the value of a required parameter."""
        return self.values[name]

    def get(self, name: str, absent: object = None) -> Any:
        """Return the value of a parameter, or `absent` if the parameter was not sent."""
        return self.values.get(name, absent)

    def fingerprint(self, *, without: str | None = None) -> str:
        """Return the hexadecimal SHA-256 of all known parameters as sent; it is equal for a repeated request.

        `without` is the name of a parameter that is left out.
        """
        texts = sorted((name, text) for name, text in self.texts.items() if name != without)
        return hashlib.sha256(msgspec.json.encode(texts)).hexdigest()


@dataclass(frozen=True)
class ParameterTable:
    """The parameters of one endpoint; with `empty_erases`, `name=` erases the stored value.

    Vendor: «какой-либо из параметров выше передается с пустым значением, то текущее значение в статистике Calltouch
    будет перезаписано на пустоту». This holds for updates; elsewhere an empty parameter counts as absent.
    Ours: a value of only blanks also counts as absent, but an update stores it if the parameter accepts any string.
    Ours: with `is_strict`, unknown parameters, and a second value of a parameter that takes one, are refused. The
    vendor's methods ignore both, since their clients send such parameters.
    """

    parameters: tuple[Parameter, ...]
    empty_erases: bool = False
    family: ParameterFamily | None = None
    is_strict: bool = False
    named: Mapping[str, Parameter] = field(init=False)
    required: tuple[str, ...] = field(init=False)
    _spellings: Spellings = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Build the index of the parameters by name."""
        object.__setattr__(self, "named", {parameter.name: parameter for parameter in self.parameters})
        required = tuple(
            parameter.name for parameter in self.parameters if parameter.required and not parameter.is_token
        )
        object.__setattr__(self, "required", required)
        spellings = Spellings(
            self.named,
            listed=[parameter.name for parameter in self.parameters if parameter.takes_list],
            several=[parameter.name for parameter in self.parameters if parameter.takes_several],
            opening=self.family.opening if self.family is not None else None,
        )
        object.__setattr__(self, "_spellings", spellings)

    def described(self) -> list[Parameter]:
        """List the parameters for the documentation; the `ParameterFamily`, if there is one, comes last."""
        return [*self.parameters, *([self.family] if self.family is not None else [])]

    def respelt(self, pairs: Pairs) -> Pairs:
        """Return `pairs` with the names as the table spells them (see `Spellings`), or unchanged with `is_strict`."""
        return pairs if self.is_strict else self._spellings.respelt(pairs)

    def read(self, pairs: Pairs) -> Sent:
        """Return the parsed values of all known parameters, and the names of the unknown ones.

        Raises:
            InvalidParameters: one violation for each parameter that is missing, malformed or out of range.
        """
        sent = Sent()
        violations: dict[str, Violation] = {}
        for name, text in pairs.values.items():
            parameter = self.named.get(name)
            if parameter is None:
                self._take_unlisted(name, text, sent, violations)
            elif isinstance(parameter, Repeated):
                self._take_repeated(parameter, pairs, sent, violations)
            elif text and (text[0].isalnum() or not is_blank(text) or self._stores_blanks(parameter)):
                _take_named(parameter, text, sent, violations)
            elif not text and self.empty_erases and not parameter.absent_when_empty:
                sent.values[name] = parameter.type.erased
        violations |= self._list_strict_violations(pairs, sent.unknown)
        violations |= {name: violation for name, violation in pairs.broken.items() if self._knows(name)}
        for name in self.required:
            if name not in sent.values and name not in violations:
                violations[name] = self._missing(name, sent.unknown)
        if violations:
            self._check_violations(violations, sent)
        return sent

    def _list_strict_violations(self, pairs: Pairs, unknown: Sequence[str]) -> dict[str, Violation]:
        """Return the violations that `is_strict` adds: unknown parameters, and repeated ones that accept one value."""
        if not self.is_strict:
            return {}
        violations = {
            name: Violation(name, *REPEATED)
            for name, parameter in self.named.items()
            if (name in pairs.further or name in pairs.broken_further) and not isinstance(parameter, Repeated)
        }
        known = ", ".join(self.named)
        for name in [*unknown, *(name for name in pairs.broken if not self._knows(name))][:UNKNOWN_COMPARED_MAX]:
            nearest = nearest_name(name, self.named) if len(name) <= MISSPELT_LENGTH_MAX else None
            meant_ru, meant_en = suggestion(nearest)
            violations[name] = Violation(
                name,
                f"такого параметра нет.{meant_ru} Параметры: {known}",
                f"there is no such parameter.{meant_en} Parameters: {known}",
            )
        return violations

    def _missing(self, name: str, unknown: Sequence[str]) -> Violation:
        """Return the violation for a missing required parameter; if a misspelt name was sent, the message shows it."""
        ru, en = REQUIRED
        for other in unknown[:UNKNOWN_COMPARED_MAX]:
            is_alike = len(other) <= MISSPELT_LENGTH_MAX and is_misspelling(other, name)
            if is_alike and nearest_name(other, self.named) == name:
                return Violation(name, f"{ru}, вместо него передан {other}", f"{en}, but {other} was sent instead")
        return Violation(name, ru, en)

    def _take_repeated(self, parameter: Repeated, pairs: Pairs, sent: Sent, violations: dict[str, Violation]) -> None:
        name, texts = parameter.name, pairs.all_of(parameter.name)
        try:
            sent.values[name] = parameter.parse(texts)
            sent.texts[name] = "\0".join(texts)
        except InvalidValue as fault:
            violations[name] = Violation(name, fault.ru, fault.en)
        if name in pairs.broken_further:
            violations[name] = pairs.broken_further[name]

    def _stores_blanks(self, parameter: Parameter) -> bool:
        return self.empty_erases and not parameter.absent_when_empty and isinstance(parameter.type, Text)

    def _check_violations(self, violations: Mapping[str, Violation], sent: Sent) -> None:
        """Raise `InvalidParameters` if there are violations.

        A parameter's violation does not count if its `gives_way_to` names a parameter that was sent with a valid value.
        """
        blamed = [violation for name, violation in violations.items() if not self._gives_way(name, sent)]
        if blamed:
            raise InvalidParameters(blamed)

    def _gives_way(self, name: str, sent: Sent) -> bool:
        parameter = self.named.get(name)
        return parameter is not None and parameter.gives_way_to in sent.values

    def _knows(self, name: str) -> bool:
        return name in self.named or (self.family is not None and name.startswith(self.family.opening))

    def _take_unlisted(self, name: str, text: str, sent: Sent, violations: dict[str, Violation]) -> None:
        """Parse a parameter of `family`, such as `custom[key]`; list any other parameter as unknown."""
        if self.family is None or not self._knows(name):
            sent.unknown.append(name)
            return
        try:
            key = self.family.key_of(name)
            _check_storable(text)
            self.family.check_count(len(sent.custom))
            value = self.family.type.read(text)
        except InvalidValue as fault:
            violations[name] = Violation(name, fault.ru, fault.en)
            return
        if self.empty_erases or not is_blank(text):
            if key not in sent.custom or name == f"{self.family.opening}{key}]":  # the exact name counts
                sent.custom[key] = value
            sent.texts[name] = text


def _take_named(parameter: Parameter, text: str, sent: Sent, violations: dict[str, Violation]) -> None:
    """Parse the value of a parameter; for a reference, a program's word for a missing value counts as absent."""
    name = parameter.name
    if parameter.is_reference and names_nothing(text):
        if parameter.required:
            violations[name] = Violation(name, *NO_REFERENCE)
        return
    try:
        _check_storable(text)
        sent.values[name] = parameter.type.read(text)
        sent.texts[name] = text
    except InvalidValue as fault:
        violations[name] = Violation(name, fault.ru, fault.en)


def _check_storable(text: str) -> None:
    """Raise `InvalidValue` if a string contains a null byte, which databases cannot store."""
    if "\0" in text:
        raise InvalidValue("нулевой байт недопустим", "must not contain a null byte")
