"""Files that people upload: stored privately between preview and import, then deleted."""

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe
from typing import BinaryIO

from dealtrace import clock
from dealtrace.accounts.token import token_digest
from dealtrace.cabinet import forms
from dealtrace.files.atomic_file import write_atomically
from dealtrace.record import record
from dealtrace.reports.refusals import ReportNotKept

UPLOAD_BYTES_MAX = 20 << 20
"""The maximum size of an upload: importing a larger file takes minutes, too long for a page; a command can do it."""
FORM_BYTES_MAX = UPLOAD_BYTES_MAX + forms.FORM_BYTES_MAX
KEPT_SECONDS = 3600
"""How long an upload is stored, with its options and refused rows; a background loop deletes it then."""
UPLOADS_MAX = 50
"""The maximum number of uploads of all sessions together; if there are more, the oldest are deleted."""
UPLOADS_OF_SESSION_MAX = 10
"""The maximum number of uploads of one session, of all sites; if there are more, the session's oldest are deleted.

Ours: otherwise one session could push out the files that other people are looking at.
"""
NAME_LENGTH_MAX = 80
NAME_BYTES_MAX = 240
"""The maximum number of bytes in a stored file's name; file systems allow 255."""
KEY_BYTES = 18
_FOLDER = "dealtrace-uploads"
_SENT, _OPTIONS, _OUTCOME, _REFUSED = "sent", "options.json", "outcome.json", "refused.csv"
_DIFFERENCES = "differences.jsonl.gz"
PRIVATE = 0o700
_PREFIX_LENGTH = 16


@record
class Owner:
    """The owner of an uploaded file: a session, a site and a purpose. All three are needed to find the file."""

    session: str
    site_id: int
    purpose: str

    def folder_of(self, key: str) -> str:
        """Return the folder name of the file that `key` identifies; the name reveals neither the session nor `key`."""
        return self.prefix + token_digest(f"{self.session} {self.site_id} {self.purpose} {key}")

    @property
    def prefix(self) -> str:
        """Return the prefix of the folder names of all uploads of the session."""
        return f"{token_digest(self.session)[:_PREFIX_LENGTH]}-"


@record
class Upload:
    """A file that a person uploaded to a site; `key` identifies it within their session."""

    key: str
    folder: Path

    @property
    def path(self) -> Path:
        """Return the path of the file with its original name.

        Raises:
            FileNotFoundError: the file was imported, or deleted as an old upload.
        """
        found = next((self.folder / _SENT).iterdir(), None)
        if found is None:
            raise FileNotFoundError(self.folder / _SENT)
        return found

    @property
    def has_file(self) -> bool:
        """Return whether the file is still stored; it is deleted after its import, or as an old upload."""
        return next(iter(self.folder.glob(f"{_SENT}/*")), None) is not None

    @property
    def refused_path(self) -> Path:
        """Return the path of the file with the rows that the import refused."""
        return self.folder / _REFUSED

    @property
    def differences_path(self) -> Path:
        """Return the path of the file with the differences that a comparison found."""
        return self.folder / _DIFFERENCES

    @property
    def options(self) -> dict[str, str]:
        """Return the options that were chosen with the file.

        Raises:
            FileNotFoundError: the upload was deleted because it was old.
        """
        return _read(self.folder / _OPTIONS)

    @property
    def outcome(self) -> dict[str, str]:
        """Return the result of the file's import or comparison; it is empty before that."""
        try:
            return _read(self.folder / _OUTCOME)
        except FileNotFoundError:
            return {}

    def finish(self, outcome: Mapping[str, str]) -> None:
        """Store the result of an import or a comparison and delete the file; refused rows and differences remain.

        The folders of old uploads are deleted; if this happened in the meantime, the folder is created again.
        """
        self.folder.mkdir(mode=PRIVATE, exist_ok=True)
        with write_atomically(self.folder / _OUTCOME, overwrite=True) as partial:
            partial.write_text(json.dumps(dict(outcome)))
        shutil.rmtree(self.folder / _SENT, ignore_errors=True)

    def delete(self) -> None:
        """Delete the file, its options, its result, and the files of the result: refused rows or differences."""
        shutil.rmtree(self.folder, ignore_errors=True)


def keep_upload(owner: Owner, name: str, content: BinaryIO, options: Mapping[str, str]) -> Upload:
    """Store an uploaded file and return the upload; if there are too many uploads, old ones are deleted.

    Raises:
        ReportNotKept: the disk of temporary files is full; nothing is stored.
    """
    place = private_folder(_FOLDER)
    _make_room(place, owner)
    key = token_urlsafe(KEY_BYTES)
    upload = Upload(key, place / owner.folder_of(key))
    try:
        with refused_unless_written():
            upload.folder.mkdir(mode=PRIVATE)
            (upload.folder / _SENT).mkdir()
            with (upload.folder / _SENT / _plain_name(name)).open("wb") as kept:
                shutil.copyfileobj(content, kept)
            with write_atomically(upload.folder / _OPTIONS, overwrite=True) as partial:
                partial.write_text(json.dumps(dict(options)))
    except ReportNotKept:
        upload.delete()
        raise
    return upload


@contextmanager
def refused_unless_written() -> Iterator[None]:
    """Raise `ReportNotKept` if a file of an upload cannot be written in the `with` block.

    Raises:
        FileNotFoundError: the upload was deleted in the meantime because it was old.
        ReportNotKept: a file could not be written, for example because the disk is full.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as fault:
        raise ReportNotKept(cause=fault.strerror or str(fault)) from fault


def keep_again(owner: Owner, upload: Upload, options: Mapping[str, str]) -> Upload:
    """Store the file of an upload again with other options, and return the new upload.

    The former upload keeps its own options, so that its preview still shows what it would import.

    Raises:
        FileNotFoundError: the former upload was deleted in the meantime because it was old.
        ReportNotKept: the disk of temporary files is full; nothing is stored.
    """
    path = upload.path
    with path.open("rb") as content:
        return keep_upload(owner, path.name, content, options)


def find_upload(owner: Owner, key: str) -> Upload | None:
    """Return the file with this key, or `None` if it has another owner or is gone."""
    upload = Upload(key, private_folder(_FOLDER) / owner.folder_of(key))
    return upload if upload.folder.is_dir() and (upload.folder / _OPTIONS).is_file() else None


def _plain_name(name: str) -> str:
    """Return the name of a file without folders and without characters that file systems do not allow.

    If a name is too long, only its end is kept, because the end has the file's extension.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(sign for sign in last if sign.isprintable() and sign not in ':*?"<>|').strip(" .")
    return plain[-NAME_LENGTH_MAX:].encode(errors="replace")[-NAME_BYTES_MAX:].decode(errors="ignore") or "file"


def private_folder(name: str) -> Path:
    """Return a folder for temporary files; only the user who runs this server can read it.

    Raises:
        PermissionError: a folder with this name exists and belongs to another user, or others can read it.
    """
    folder = _place_of(name)
    folder.mkdir(mode=PRIVATE, exist_ok=True)
    if not _is_private(folder):
        message = f"{folder} belongs to another user or can be read by others: remove it."
        raise PermissionError(message)
    return folder


def delete_old_uploads() -> None:
    """Delete the uploads that are older than `KEPT_SECONDS`."""
    place = _place_of(_FOLDER)
    if _is_private(place):
        for folder in place.iterdir():
            if _made_at(folder) < clock.now().timestamp() - KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _make_room(place: Path, owner: Owner) -> None:
    """Delete the oldest uploads of the owner's session, or of all sessions, if there is no room for another upload."""
    made = sorted(((_made_at(folder), folder) for folder in place.iterdir()), reverse=True)
    own = [folder for _, folder in made if folder.name.startswith(owner.prefix)]
    for folder in {*own[UPLOADS_OF_SESSION_MAX - 1 :], *(folder for _, folder in made[UPLOADS_MAX - 1 :])}:
        shutil.rmtree(folder, ignore_errors=True)


def _place_of(name: str) -> Path:
    return Path(tempfile.gettempdir()) / f"{name}-{os.getuid()}"


def _is_private(folder: Path) -> bool:
    """Return whether a folder exists, and only the user who runs this server can read it."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def _made_at(folder: Path) -> float:
    """Return the time of an upload, in seconds since the epoch, or 0 if another request has just deleted it."""
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _read(path: Path) -> dict[str, str]:
    return dict(json.loads(path.read_text()))
