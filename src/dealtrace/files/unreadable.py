"""The refusal of a file that cannot be read."""

from pathlib import Path

from dealtrace.errors import FileUnreadable


def unreadable(path: Path, ru: str, en: str) -> FileUnreadable:
    """Return the refusal of a file, with the reason in both languages; its folder is not shown."""
    return FileUnreadable(file=path.name, ru=ru, en=en)
