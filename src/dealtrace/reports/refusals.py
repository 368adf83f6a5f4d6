"""The refusals of reports, which belong to the tree of refusals in `errors.py`."""

from collections.abc import Iterable

from dealtrace.errors import InvalidValue, Refusal
from dealtrace.nearest_name import bracketed_suggestion, nearest_name


def unknown_name(name: str, every: Iterable[str], ru: str, en: str) -> InvalidValue:
    """Return the error for an unknown name; it lists `every` known name and suggests the most similar one.

    `ru` and `en` are terms for what the name should refer to, such as a metric; `ru` is in the genitive case.
    """
    quoted = {each: f"«{each}»" if "," in each else each for each in every}
    near, known = quoted.get(nearest_name(name, quoted) or ""), ", ".join(quoted.values()) or "—"
    hint_ru, hint_en = bracketed_suggestion(near)
    return InvalidValue(
        f"нет {ru} «{name}»{hint_ru}; есть: {known}", f"unknown {en} “{name}”{hint_en}; available: {known}"
    )


class ReportsBusy(Refusal):
    """Too many reports are already running and waiting."""

    code = 10080
    ru = "Сервер уже считает другие отчёты. Повторите через {retry_after_seconds} с"
    en = "The server is busy with other reports. Try again in {retry_after_seconds} s"


class ReportTooSlow(Refusal):
    """The report took too long and was stopped."""

    code = 10081
    ru = "Отчёт не посчитан за {seconds_max} с. Сократите период или число группировок"
    en = "The report was not ready within {seconds_max} s. Choose a shorter period or fewer dimensions"


class ClientGone(Refusal):
    """The client closed the connection before its report was ready."""

    code = 10082
    ru = "Клиент закрыл соединение, отчёт остановлен"
    en = "The client closed the connection, so the report was stopped"


class ReportNotKept(Refusal):
    """Temporary files cannot be written, for example because the disk is full.

    Such files hold rows that do not fit in memory, downloads until they are sent, and uploads.
    """

    code = 10084
    ru = (
        "Отчёт, список или файл не помещается во временные файлы сервера: {cause}. "
        "Уменьшите его или освободите место на диске сервера"
    )
    en = (
        "The report, list or file does not fit in the server's temporary files: {cause}. "
        "Make it smaller, or make room on the disk of the server"
    )


class MirrorBusy(Refusal):
    """A thread or process takes too long to build, update or read the column mirror, or to erase personal data."""

    code = 10086
    ru = "Данные для отчётов готовятся или заняты другим процессом. Повторите через {retry_after_seconds} с"
    en = (
        "The figures for reports are being prepared, or another process is using them. "
        "Try again in {retry_after_seconds} s"
    )


class ServerStopping(Refusal):
    """The server began to stop before it had the whole answer."""

    code = 10085
    ru = "Сервер останавливается и не успел ответить. Повторите через {retry_after_seconds} с"
    en = "The server is stopping and did not finish the answer. Try again in {retry_after_seconds} s"


class SegmentNotFound(Refusal):
    """The site has no such segment."""

    code = 10083
    ru = "Сегмент «{name}» не найден. Список: dealtrace segment list {site_id}"
    en = "Segment “{name}” not found. To list segments: dealtrace segment list {site_id}"
