"""Set where the ids of the database begin."""

from sqlalchemy import Connection

from dealtrace.errors import InvalidSetting
from dealtrace.storage.id_blocks import raise_first_id


def set_first_id(connection: Connection, first_id: int) -> None:
    """Let new ids begin at `first_id`, so that an import may bring all lower ones; the same again changes nothing.

    Raises:
        InvalidSetting: ids begin higher, or some are assigned that are not lower.
    """
    least = raise_first_id(connection, first_id)
    if least is not None:
        raise InvalidSetting(
            key="--first-id",
            ru=f"{first_id} слишком мало: начало можно только повысить, укажите не меньше {least}",
            en=f"{first_id} is too low: where ids begin can only be raised, use {least} or more",
        )
