"""Custom fields of deals: only fields that the site has added store values."""

from collections.abc import Collection, Mapping


def split_by_known(values: Mapping[str, str], known: Collection[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the values of known fields by name, and the names of unknown fields.

    Seed: «если они были добавлены в настройках API личного кабинета Calltouch».
    """
    kept = {name: value for name, value in values.items() if name in known}
    unknown = tuple(name for name in values if name not in known)
    return kept, unknown
