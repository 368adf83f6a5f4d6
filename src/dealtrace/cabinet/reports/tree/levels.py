"""The levels of a tree: the drilldown of sources, or the dimensions of a report one by one."""

from dealtrace.cabinet.reports.source_drilldown import DRILLDOWN_LEVELS
from dealtrace.record import record
from dealtrace.reports.dimensions import DIMENSIONS, Dimension
from dealtrace.reports.question import Question

Level = tuple[Dimension, ...]
"""The dimensions of a level; a row of the level has a key for each of them."""
RowPath = tuple[str | None, ...]
"""A row of a tree: its keys, after the keys of the rows above it; a missing key is `None`."""


@record
class Levels:
    """The levels of a tree, from the first to the last."""

    listed: tuple[Level, ...]

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """Return all dimensions, in the order of the keys of a `RowPath`."""
        return tuple(dimension for level in self.listed for dimension in level)

    def below(self, path: RowPath) -> Level | None:
        """Return the level below the row at `path`, or `None` if it is on the last level or cannot be a row."""
        keys = 0
        for level in self.listed:
            if keys == len(path):
                return level
            keys += len(level)
        return None


def levels_of(question: Question) -> Levels:
    """Return the levels of a report's tree.

    Ours: if the dimensions of a report are successive levels of the drilldown of sources, the tree continues with all
    lower levels down to the keyword, even if these are more dimensions than a question may name. Source and medium are
    one level, because the ads and the free visits of a source would be mixed on all levels below. Every other report
    has a level for each of its dimensions.
    """
    shown = tuple(dimension.name for dimension in question.by)
    for start in range(len(DRILLDOWN_LEVELS) - 1):
        names = tuple(name for level in DRILLDOWN_LEVELS[start:] for name in level)
        if shown and shown == names[: len(shown)]:
            return Levels(tuple(tuple(DIMENSIONS[name] for name in level) for level in DRILLDOWN_LEVELS[start:]))
    return Levels(tuple((dimension,) for dimension in question.by))
