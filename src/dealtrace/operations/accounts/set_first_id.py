"""Set the lowest id that the database assigns to new rows."""

from sqlalchemy import Connection

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
        raise InvalidSetting(
            key="--first-id",
            ru=f"{first_id} слишком мало: начало можно только повысить, укажите не меньше {least}",
            en=f"{first_id} is too low: the first id can only be raised; use {least} or more",
        )
