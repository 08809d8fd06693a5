"""Opening the files of images by their uris, whatever kind of place they are in.

The encoder reads through `Files` and the gateway serves through it. How a kind is added: see
`shared.sources.kind`.
"""

from shared.sources.files import Files
from shared.sources.kind import DIRECTORY_SIZE, FileKind, FileStatus, OpenedFile

__all__ = ["DIRECTORY_SIZE", "FileKind", "FileStatus", "Files", "OpenedFile"]
