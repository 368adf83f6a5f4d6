"""A site's own fields of a deal: only those the site has added keep a value."""

from collections.abc import Collection, Mapping


def split_by_known(values: Mapping[str, str], known: Collection[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Part the values of known fields from the names of unknown ones.

    Seed: «если они были добавлены в настройках API личного кабинета Calltouch».
    """
    kept = {name: value for name, value in values.items() if name in known}
    unknown = tuple(name for name in values if name not in known)
    return kept, unknown
