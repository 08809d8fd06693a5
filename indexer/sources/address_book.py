"""Which picture was fetched from an address, and by which job: a small file for each address.

They are in the collection's folder of stored pictures, so that they are dropped with it, and all
indexers know of them. Whoever loses one has its address fetched again, which does no harm.
"""

import uuid
from pathlib import Path
from typing import NamedTuple

from shared.domain.image import image_id
from shared.files.stored import TEMPORARY
from shared.files.uris import UPLOAD_NAME

_FOLDER = ".addresses"


class Fetched(NamedTuple):
    """What an address had: the name of the stored picture, and the job that fetched it."""

    name: str
    job: str


class AddressBook:
    """The addresses of one collection, whose pictures are stored in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, address: str) -> Fetched | None:
        """What was fetched from an address, if that is known."""
        try:
            name, _, job = self._path(address).read_text().partition(" ")
        except (OSError, UnicodeDecodeError):
            return None
        # One of which a power cut left only a part is none.
        if not (UPLOAD_NAME.match(name) and job.endswith("\n")):
            return None
        return Fetched(name, job.rstrip())

    def note(self, address: str, name: str, job: str) -> None:
        """Note what was fetched from an address. Raises OSError."""
        path = self._path(address)
        path.parent.parent.mkdir(exist_ok=True)
        path.parent.mkdir(exist_ok=True)
        temporary = self._folder / f"{TEMPORARY}{uuid.uuid4().hex}"
        try:
            temporary.write_text(f"{name} {job}\n")
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _path(self, address: str) -> Path:
        key = image_id(address)
        return self._folder / _FOLDER / key[:2] / key[2:]
