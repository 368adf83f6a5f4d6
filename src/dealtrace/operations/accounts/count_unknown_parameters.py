"""Count the unknown parameters that are sent in requests."""

from collections import Counter
from collections.abc import Mapping, Sequence

from dealtrace.nearest_name import is_misspelling, nearest_name
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.accounts import unknown_names


@record
class UnknownParameters:
    """The unknown parameters of requests, and the known parameters of the endpoints.

    `seen` counts how often each unknown parameter was sent, by path and name. `known` lists the parameters that each
    endpoint accepts, by path. `open_paths` are the paths of endpoints that need no token.
    """

    seen: Mapping[tuple[str, str], int]
    known: Mapping[str, Sequence[str]]
    open_paths: frozenset[str] = frozenset()


@operation(ids_per_command=0)
def count_unknown_parameters(work: Work, commands: Sequence[WriteCommand[UnknownParameters]]) -> list[None]:
    """Add unknown parameters to the counts of a site; each outcome is `None`.

    A name that is new to the site is stored together with the most similar name that the endpoint accepts.
    """
    lock_registrations(work)
    seen: Counter[tuple[str, ...]] = Counter()
    known: dict[str, Sequence[str]] = {}
    open_paths: set[str] = set()
    for command in commands:
        seen.update(command.payload.seen)
        known.update(command.payload.known)
        open_paths |= command.payload.open_paths
    counted = unknown_names.fit_unknown_parameters(work.connection, work.site.id, seen, open_paths)
    nearest = {key: _nearest(key[1], known.get(key[0], ())) for key in counted.new}
    unknown_names.count_unknown_parameters(work.connection, work.site.id, counted, nearest, work.now)
    return [None] * len(commands)


def _nearest(name: str, known: Sequence[str]) -> str | None:
    """Return the known name that is most similar to `name`, or `None` if no known name is similar.

    For a path such as `customSources.sorce`, only paths that begin with `customSources.` are considered. If `name` is a
    key of the items of a list but was sent outside the list, the result is its path in the list, such as
    `orders.comment`. The name of a list, such as `orders`, is returned only for a misspelling of that name: for
    `orderStatus`, the result is `status`.
    """
    if name in known:
        return next((other for other in known if other.rpartition(".")[2] == name and other != name), None)
    if (listed := next((other for other in _lists(known) if _is_misspelt(name, other)), None)) is not None:
        return listed if name != listed else None
    place, dot, own = name.rpartition(".")
    beside = [other.removeprefix(f"{place}{dot}") for other in known if other.rpartition(".")[0] == place]
    nearest = nearest_name(own, beside)
    return f"{place}{dot}{nearest}" if nearest is not None else None


def _lists(known: Sequence[str]) -> set[str]:
    return {other.partition(".")[0] for other in known}.difference(known)


def _is_misspelt(name: str, known: str) -> bool:
    return abs(len(name) - len(known)) <= 1 and is_misspelling(name, known)
