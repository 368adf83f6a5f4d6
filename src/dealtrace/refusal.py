"""The parts of a refusal: a permanent code, a message in two languages, and the invalid fields."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Protocol, get_args

from dealtrace.record import record

Language = Literal["ru", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


class Bilingual(Protocol):
    """An object with a Russian and an English text, such as a metric or a message."""

    @property
    def ru(self) -> str:
        """Return the Russian text."""

    @property
    def en(self) -> str:
        """Return the English text."""


def text_in(language: Language, bilingual: Bilingual) -> str:
    """Return the text of an object in `language`."""
    return bilingual.ru if language == "ru" else bilingual.en


@record
class Violation:
    """An invalid parameter: its name, and messages in Russian and English that say which values are valid."""

    field: str
    ru: str
    en: str

    def text(self, language: Language) -> str:
        """Return the message about the parameter, written in `language`."""
        return text_in(language, self)


class InvalidValue(ValueError):  # noqa: N818 - named after what is wrong
    """The value of a parameter or of a cell in a file is invalid; the messages say which values are valid."""

    def __init__(self, ru: str, en: str) -> None:
        super().__init__(en)
        self.ru = ru
        self.en = en


class Refusal(Exception):  # noqa: N818 - a refusal is usually an answer, not an error
    """A request that was understood but refused.

    `facts` fill the placeholders of the messages; HTTP responses may use them too, for example `retry_after_seconds`.
    `states_only_limits` is true if the message contains a limit, which may have as many digits as a phone, but no value
    that was sent. The journal of requests does not mask such a message.
    """

    code: ClassVar[int]
    ru: ClassVar[str]
    en: ClassVar[str]
    states_only_limits: ClassVar[bool] = False

    def __init__(self, **facts: object) -> None:
        super().__init__(type(self).__name__, facts)
        self.facts: Mapping[str, object] = facts  # each kind of refusal has other facts

    def text(self, language: Language) -> str:
        """Return the message in `language`."""
        return text_in(language, self).format(**self.facts)

    def __str__(self) -> str:
        """Return the English message."""
        return self.text("en")
