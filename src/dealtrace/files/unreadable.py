"""The refusal of a file that is not a table."""

from pathlib import Path

from dealtrace.errors import FileUnreadable


def unreadable(path: Path, ru: str, en: str) -> FileUnreadable:
    """Return the refusal of a file, with the reason in both languages; only the name of the file is shown."""
    return FileUnreadable(file=path.name, ru=ru, en=en)
