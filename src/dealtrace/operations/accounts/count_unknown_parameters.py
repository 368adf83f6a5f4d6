"""Count the parameters that callers send and endpoints do not have."""

from collections import Counter
from collections.abc import Mapping, Sequence

from dealtrace.nearest_name import nearest_name
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.accounts import unknown_parameters


@record
class UnknownParameters:
    """How often unknown parameters were sent, by path and name, and the names that each path knows."""

    seen: Mapping[tuple[str, str], int]
    known: Mapping[str, Sequence[str]]


@operation(ids_per_command=0)
def count_unknown_parameters(work: Work, commands: Sequence[WriteCommand[UnknownParameters]]) -> list[None]:
    """Add to a site's counts; a new name is stored with the most similar known name. Each outcome is `None`."""
    seen: Counter[tuple[str, ...]] = Counter()
    known: dict[str, Sequence[str]] = {}
    for command in commands:
        seen.update(command.payload.seen)
        known.update(command.payload.known)
    counted = unknown_parameters.fit_unknown_parameters(work.connection, work.site.id, seen)
    nearest = {key: nearest_name(key[1], known.get(key[0], ())) for key in counted.new}
    unknown_parameters.count_unknown_parameters(work.connection, work.site.id, counted, nearest, work.now)
    return [None] * len(commands)
