"""Custom fields of deals: values are stored only for fields that the site has."""

from collections.abc import Collection, Mapping


def split_by_known(values: Mapping[str, str], known: Collection[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the values of the fields in `known`, by name, and the names of the other fields in `values`.

    Vendor: «если они были добавлены в настройках API личного кабинета Calltouch».
    """
    kept = {name: value for name, value in values.items() if name in known}
    unknown = tuple(name for name in values if name not in known)
    return kept, unknown
