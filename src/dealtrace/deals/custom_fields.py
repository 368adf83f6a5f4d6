"""Custom fields of deals: values are stored only for fields that the site has."""

from collections.abc import Collection, Mapping

from dealtrace.plain_text import stripped


def split_by_known(values: Mapping[str, str], known: Collection[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the values of the fields in `known`, by name, and the names of the other fields in `values`.

    Blanks and invisible marks around the stored name of a field are ignored, as they are around a sent one.

    Vendor: «если они были добавлены в настройках API личного кабинета Calltouch».
    """
    kept: dict[str, str] = {}
    unknown = []
    for name, value in values.items():
        stored = name if name in known else next((each for each in sorted(known) if stripped(each) == name), None)
        if stored is None:
            unknown.append(name)
        else:
            kept.setdefault(stored, value)
    return kept, tuple(unknown)
