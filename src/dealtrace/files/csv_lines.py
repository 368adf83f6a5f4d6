"""Format lines of CSV in the same way for all files that we write."""

import csv
import io
from collections.abc import Iterable

_END = "\r\n"
"""The line end for the csv module; with any other, the module would not quote a lone carriage return or line feed."""


class CsvLines:
    """Formats rows as lines of CSV; cells with a delimiter, a quote, a carriage return or a line feed are quoted."""

    def __init__(self, delimiter: str, end: str) -> None:
        self._end = end
        self._line = io.StringIO(newline="")
        self._rows = csv.writer(self._line, delimiter=delimiter, lineterminator=_END)

    def format(self, cells: Iterable[str]) -> str:
        """Return a row as one line of CSV, including the line end."""
        self._line.seek(0)
        self._line.truncate()
        self._rows.writerow(cells)
        return self._line.getvalue().removesuffix(_END) + self._end
