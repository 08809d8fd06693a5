"""Which of the files found are pictures by their name or content."""

import os

from indexer.sources import FoundFile
from shared.files.formats import SNIFF_BYTES, has_picture_extension, sniff
from shared.files.paths import OPEN_FLAGS


def is_candidate(file: FoundFile) -> bool:
    """Whether an encoder should see this file: by its name, or else by its first bytes.

    A file with only the extension of a picture is one: the encoder reports why it cannot be read.
    """
    if not file.path or has_picture_extension(file.name):
        return True
    if file.size == 0:
        return False
    try:
        descriptor = os.open(file.path, OPEN_FLAGS)
    except OSError:
        return False
    try:
        return sniff(os.read(descriptor, SNIFF_BYTES)) is not None
    except OSError:
        return False
    finally:
        os.close(descriptor)
