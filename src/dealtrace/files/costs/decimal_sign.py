"""Decide whether a comma or a point separates the decimals in the cost column of a file."""

from collections.abc import Collection
from pathlib import Path

from dealtrace.files.unreadable import unreadable


def decimal_sign_of(path: Path, heading: str, unclear: str, seen: Collection[str]) -> str:
    """Return the decimal sign, comma or point, of the cost column, which has this heading.

    Ours: the other cells of the column decide whether an unclear amount such as `1,234` is 1234 or 1.234; `seen` has
    the decimal signs in them. If they show no decimal sign, or contradict each other, the file is refused, since a
    wrong guess is a thousandfold error.

    Raises:
        FileUnreadable: the cells do not decide it.
    """
    if len(seen) == 1:
        return next(iter(seen))
    whole = unclear.replace(",", "").replace(".", "")
    raise unreadable(
        path,
        f"столбец «{heading}»: {unclear} — это {whole} или дробь? Уберите разделители тысяч или допишите копейки",
        f"column “{heading}”: is {unclear} {whole} or a fraction? Remove the thousands separators, or add decimals",
    )
