"""Answers with a file that is open already."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import IO

import anyio
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from shared.sources import FileStatus


class OpenFileResponse(FileResponse):
    """The bytes of an open file, or the ranges of them that are asked for; closes it at the end.

    Never a second opening by name: what was checked is what is sent. The file need not be on disk.
    """

    def __init__(
        self, file: IO[bytes], status: FileStatus, media_type: str, headers: Mapping[str, str]
    ) -> None:
        fields = [0] * 10
        fields[6], fields[8] = status.size, status.mtime_ns // 10**9
        super().__init__(
            "", media_type=media_type, headers=headers, stat_result=os.stat_result(fields)
        )
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Without its name a server cannot be told to send the file by itself.
        extensions = {k: v for k, v in scope.get("extensions", {}).items() if "pathsend" not in k}
        try:
            await super().__call__({**scope, "extensions": extensions}, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._file.close)

    @asynccontextmanager
    async def _open_file(self) -> AsyncIterator[anyio.AsyncFile[bytes]]:
        """In place of Starlette's own, which opens a path."""
        file = anyio.wrap_file(self._file)
        await file.seek(0)
        yield file
