"""The fields that a webhook sends: parse their comma-separated names, and check that its events have them."""

from collections.abc import Mapping, Sequence

from dealtrace.accounts.webhook import EventKind
from dealtrace.errors import InvalidSetting


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in a comma-separated string, each once, in the order of the string."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def check_fields(fields: Sequence[str], keys_of: Mapping[EventKind, Sequence[str]]) -> None:
    """Check the fields that a webhook chooses; `keys_of` has the fields of each of the webhook's events.

    Raises:
        InvalidSetting: one of the fields exists in no event, or one of the events has none of the fields (then
            nothing would be sent for this event).
    """
    if not fields:
        return
    known = dict.fromkeys(key for keys in keys_of.values() for key in keys)
    for name in fields:
        if name not in known:
            listed = ", ".join(known)
            raise InvalidSetting(
                key="fields",
                ru=f"ни у одного из выбранных событий нет поля {name}. Есть: {listed}",
                en=f"no chosen event has the field {name}. Available: {listed}",
            )
    for kind, keys in keys_of.items():
        if not set(keys) & set(fields):
            listed = ", ".join(keys)
            raise InvalidSetting(
                key="fields",
                ru=f"у события {kind} нет ни одного из этих полей. У него есть: {listed}",
                en=f"the event {kind} has none of the chosen fields. Available: {listed}",
            )
