"""Check the names and counts of saved items: segments, saved reports, shared links and scheduled reports by e-mail."""

from dealtrace.errors import InvalidSetting, InvalidValue
from dealtrace.printable import check_printable
from dealtrace.record import record

NAME_LENGTH_MAX = 100


@record
class SavedName:
    """The name of a saved item, and the user who owns the item; `user_id` is `None` if the whole site owns it."""

    name: str
    user_id: int | None = None


def check_has_room(stored: int, most: int, key: str = "name") -> None:
    """Check that one more item may be stored; `key` names the field in the error message.

    Raises:
        InvalidSetting: `stored`, the number of stored items, is not below `most`.
    """
    if stored >= most:
        raise InvalidSetting(
            key=key, ru=f"уже сохранено {most}, удалите ненужное", en=f"{most} are already saved; delete one first"
        )


def check_saved_name(name: str, key: str = "name") -> str:
    """Return a name without blanks around it; `key` names the field in the error message.

    Raises:
        InvalidSetting: the name is empty or too long, or has unprintable characters.
    """
    plain = name.strip()
    try:
        check_printable(plain, NAME_LENGTH_MAX)
    except InvalidValue as fault:
        raise InvalidSetting(key=key, ru=fault.ru, en=fault.en) from fault
    return plain
