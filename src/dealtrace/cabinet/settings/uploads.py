"""Files that people upload: kept privately between preview and import, and then deleted."""

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from secrets import token_urlsafe
from typing import BinaryIO

from dealtrace import clock
from dealtrace.accounts.token import token_digest
from dealtrace.record import record

UPLOAD_BYTES_MAX = 20 << 20
"""A larger file takes minutes, and a browser does not wait; the command line does."""
FORM_BYTES_MAX = UPLOAD_BYTES_MAX + 100_000
KEPT_SECONDS = 3600
UPLOADS_MAX = 50
"""Of all people; the oldest go first, so that forgotten files do not fill the disk."""
NAME_LENGTH_MAX = 80
KEY_BYTES = 18
_FOLDER = "dealtrace-uploads"
_SENT, _OPTIONS, _OUTCOME, _REFUSED = "sent", "options.json", "outcome.json", "refused.csv"
PRIVATE = 0o700


@record
class Owner:
    """Whose a file is: it is found again in the same session, at the same site, for the same purpose alone."""

    session: str
    site_id: int
    purpose: str

    def folder_of(self, key: str) -> str:
        """Return the name of the folder of a file, which discloses nothing."""
        return token_digest(f"{self.session} {self.site_id} {self.purpose} {key}")


@record
class Upload:
    """A file that a person has uploaded to a site; `key` finds it again, for their session alone."""

    key: str
    folder: Path

    @property
    def path(self) -> Path:
        """The file, under the name that it had; after the import there is none."""
        return next((self.folder / _SENT).iterdir())

    @property
    def refused_path(self) -> Path:
        """Where the refused rows of its import are."""
        return self.folder / _REFUSED

    @property
    def options(self) -> dict[str, str]:
        """Return what was chosen together with the file."""
        return _read(self.folder / _OPTIONS)

    @property
    def outcome(self) -> dict[str, str]:
        """Return what its import came to, nothing before it."""
        return _read(self.folder / _OUTCOME)

    def finish(self, outcome: Mapping[str, str]) -> None:
        """Store what the import came to, and delete the file; refused rows stay to be fetched."""
        (self.folder / _OUTCOME).write_text(json.dumps(dict(outcome)))
        shutil.rmtree(self.folder / _SENT)

    def delete(self) -> None:
        """Delete the file and what was kept of it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def keep_upload(owner: Owner, name: str, content: BinaryIO, options: Mapping[str, str]) -> Upload:
    """Keep a file, after those that nobody needs any more are deleted."""
    place = _private_folder()
    _sweep(place)
    key = token_urlsafe(KEY_BYTES)
    upload = Upload(key, place / owner.folder_of(key))
    upload.folder.mkdir(mode=PRIVATE)
    (upload.folder / _SENT).mkdir()
    with (upload.folder / _SENT / _plain_name(name)).open("wb") as kept:
        shutil.copyfileobj(content, kept)
    (upload.folder / _OPTIONS).write_text(json.dumps(dict(options)))
    return upload


def find_upload(owner: Owner, key: str) -> Upload | None:
    """Find a file by its key; `None` if it is another's, or gone."""
    upload = Upload(key, _private_folder() / owner.folder_of(key))
    return upload if upload.folder.is_dir() and (upload.folder / _OPTIONS).is_file() else None


def _plain_name(name: str) -> str:
    """Return the name of a file without folders and signs that a file system does not take."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(sign for sign in last if sign.isprintable() and sign not in ':*?"<>|').strip(" .")
    return plain[-NAME_LENGTH_MAX:].encode(errors="replace").decode() or "file"


def _private_folder() -> Path:
    """Return the folder of all uploads, which nobody else can read.

    Raises:
        PermissionError: somebody else has made a folder of this name.
    """
    folder = Path(tempfile.gettempdir()) / f"{_FOLDER}-{os.getuid()}"
    folder.mkdir(mode=PRIVATE, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        message = f"{folder} belongs to somebody else, or others can read it: remove it."
        raise PermissionError(message)
    return folder


def _sweep(place: Path) -> None:
    """Delete what is old, and the oldest of too many."""
    made = sorted(((folder.stat().st_mtime, folder) for folder in place.iterdir()), reverse=True)
    for number, (at, folder) in enumerate(made, 1):
        if number >= UPLOADS_MAX or at < clock.now().timestamp() - KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _read(path: Path) -> dict[str, str]:
    return dict(json.loads(path.read_text())) if path.is_file() else {}
