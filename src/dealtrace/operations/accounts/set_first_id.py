"""Set the lowest id that the database assigns to new rows."""

from sqlalchemy import Connection

from dealtrace.accounts.assigned_ids import FIRST_ID_DEFAULT
from dealtrace.errors import InvalidSetting
from dealtrace.storage.id_blocks import raise_first_id


def set_first_id(connection: Connection, first_id: int) -> None:
    """Make new ids begin at `first_id`, so that imports may use all lower ids.

    Calling it twice with the same id changes nothing.

    Raises:
        InvalidSetting: ids already begin at a higher number, or ids from `first_id` on are in use.
    """
    least = raise_first_id(connection, first_id)
    if least is not None:
        raise _too_low(first_id, least)


def check_first_id(first_id: int) -> None:
    """Raise `InvalidSetting` if `first_id` is too low for any database, even for a new one."""
    if first_id < FIRST_ID_DEFAULT:
        raise _too_low(first_id, FIRST_ID_DEFAULT)


def _too_low(first_id: int, least: int) -> InvalidSetting:
    return InvalidSetting(
        key="--first-id",
        ru=f"{first_id} слишком мало: начало можно только повысить, укажите не меньше {least}",
        en=f"{first_id} is too low: the first id can only be raised; use {least} or more",
    )
