"""Which of the files found are pictures, or claim to be."""

import os

from indexer.sources import FoundFile
from shared.files.formats import SNIFF_BYTES, has_picture_extension, sniff

# A fifo that took the file's place must not hang the scan, nor a link lead it away.
_OPEN_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


def is_candidate(file: FoundFile) -> bool:
    """Whether an encoder should see this file: by its name, or else by its first bytes.

    One that only its name makes a picture is for the encoder to refuse, with a reason.
    """
    if not file.path or has_picture_extension(file.name):
        return True
    if file.size == 0:
        return False
    try:
        descriptor = os.open(file.path, _OPEN_FILE)
    except OSError:
        return False
    try:
        return sniff(os.read(descriptor, SNIFF_BYTES)) is not None
    except OSError:
        return False
    finally:
        os.close(descriptor)
