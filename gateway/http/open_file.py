"""Answers with a file that is open already."""

from collections.abc import Mapping
from os import stat_result
from typing import BinaryIO

from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send


class OpenFileResponse(FileResponse):
    """The bytes of an open file, or the ranges of them that are asked for; closes it at the end.

    Never a second opening by name: what was checked is what is sent. /dev/fd is the open file
    itself, on Linux and on macOS.
    """

    def __init__(
        self, file: BinaryIO, status: stat_result, media_type: str, headers: Mapping[str, str]
    ) -> None:
        super().__init__(
            f"/dev/fd/{file.fileno()}", media_type=media_type, headers=headers, stat_result=status
        )
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:
            await super().__call__(scope, receive, send)
