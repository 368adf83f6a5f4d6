"""The names of what is kept, which are segments and saved reports, and whose they are."""

from dealtrace.errors import InvalidSetting
from dealtrace.record import record

NAME_LENGTH_MAX = 100


@record
class KeptName:
    """The name of something kept, and the user whom it belongs to, or `None` if it is the site's."""

    name: str
    user_id: int | None = None


def check_room(stored: int, most: int) -> None:
    """Check that one more may be stored beside those that are stored already.

    Raises:
        InvalidSetting: there are too many.
    """
    if stored >= most:
        raise InvalidSetting(
            key="name", ru=f"уже сохранено {most}, удалите ненужное", en=f"{most} are stored already, delete one"
        )


def check_kept_name(name: str) -> str:
    """Return the name of a segment or of a saved report without blanks around it.

    Raises:
        InvalidSetting: the name is empty or too long, or has unprintable characters.
    """
    plain = name.strip()
    if not 0 < len(plain) <= NAME_LENGTH_MAX or not plain.isprintable():
        limit = NAME_LENGTH_MAX
        raise InvalidSetting(
            key="name",
            ru=f"нужно от 1 до {limit} печатных символов",
            en=f"1 to {limit} printable characters are needed",
        )
    return plain
