"""The keys that an item of a JSON list may have, at every depth, and the unknown keys of an item."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dealtrace.http.parameter_table import Parameter
from dealtrace.record import record

UNKNOWN_KEYS_MAX = 1_000
"""Ours: at most this many unknown keys of the items of a list are counted; more can hardly all be misspellings."""


@record
class ListedItems:
    """The items of a JSON body, and the unknown keys beside their list."""

    items: Sequence[object]
    unknown_beside: Sequence[str] = ()


@record
class KnownKeys:
    """The keys that a JSON value may have, each with the keys below it; with `is_open`, any key is allowed."""

    keys: Mapping[str, "KnownKeys"]
    is_open: bool = False

    def paths(self) -> Iterator[str]:
        """Yield the path of each key, such as `customSources` and `customSources.source`; indexes are left out."""
        for name, inner in self.keys.items():
            yield name
            yield from (f"{name}.{path}" for path in inner.paths())

    def respelt(self, items: Sequence[object]) -> Sequence[object]:
        """Return items of a list with known keys in place of those that differ only in case, such as `OrderNumber`.

        Ours: serialisers of .NET and Go write the first letter as a capital; a key that is not recognised would be
        lost without a word. If a key is also sent in its exact spelling, its other spellings stay unknown.
        """
        has_unknown = any(next(self.unknown(item), None) is not None for item in items)
        return [_respelt(item, self) for item in items] if has_unknown else items

    def unknown(self, value: object) -> Iterator[str]:
        """Yield the paths of the unknown keys in an object or a list of objects.

        The contents of unknown keys, and of lists in lists, are not searched, since they may be nested to any depth.
        """
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and not self.is_open:
                yield from self._unknown_in(item)

    def _unknown_in(self, item: Mapping[str, object]) -> Iterator[str]:
        for name, part in item.items():
            inner = self.keys.get(name)
            if inner is None:
                yield name
            elif isinstance(part, dict | list):
                yield from (f"{name}.{path}" for path in inner.unknown(part))


def _respelt(value: object, known: KnownKeys) -> object:
    """Return a value with known keys; the contents of lists in lists, which may be deep, are not changed."""
    match value:
        case list():
            return [_respelt(item, known) if isinstance(item, dict) else item for item in value]
        case dict() if not known.is_open:
            by_folded = {name.lower(): name for name in known.keys if name not in value}
            respelt: dict[str, object] = {}
            for sent, part in value.items():
                name: str = sent if sent in known.keys else by_folded.pop(sent.lower(), sent)
                respelt[name] = _respelt(part, known.keys[name]) if name in known.keys else part
            return respelt
        case _:
            return value


def known_keys(parameters: Iterable[Parameter]) -> KnownKeys:
    """Return the keys that an item with the parameters may have; the dotted name `a.b` means the key `b` in `a`."""
    keys: dict[str, KnownKeys] = {}
    for parameter in parameters:
        name, _, part = parameter.name.partition(".")
        own = _keys_of(parameter.type.schema())
        if part:
            own = KnownKeys({**(keys[name].keys if name in keys else {}), part: own})
        keys[name] = own
    return KnownKeys(keys)


def _keys_of(schema: object) -> KnownKeys:
    """Return the keys that a JSON Schema describes; an object whose keys it does not describe may have any key."""
    match schema:
        case {"properties": dict(parts)}:
            return KnownKeys({name: _keys_of(part) for name, part in parts.items()})
        case {"items": item}:
            return _keys_of(item)
        case {"anyOf": list(alternatives)}:
            several = [_keys_of(each) for each in alternatives]
            keys = {name: inner for each in several for name, inner in each.keys.items()}
            return KnownKeys(keys, any(each.is_open for each in several))
        case {"type": kind}:
            return KnownKeys({}, kind == "object")
        case _:
            return KnownKeys({}, is_open=True)
