"""A stack's state in its data directory: the lock, the stores' ports and password."""

import errno
import fcntl
import os
import secrets
import socket
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ValidationError

#: Below the ephemeral ports (32768 and up on Linux): a client that reconnects to a stopped store
#: must not be assigned that store's port as its own source port.
STORE_PORTS = range(20000, 30000)


class LaunchError(Exception):
    """Why the stack cannot start, with the remedy, as one message to a person."""


class Stores(BaseModel):
    """The ports on 127.0.0.1 where the stores listen, and the password of Valkey."""

    redis_port: int
    redis_password: str
    milvus_port: int

    @property
    def redis_url(self) -> str:
        return f"redis://:{self.redis_password}@127.0.0.1:{self.redis_port}/0"

    @property
    def milvus_uri(self) -> str:
        return f"http://127.0.0.1:{self.milvus_port}"


class DataDir:
    """A data directory, locked for one stack until every process that holds `lock` has ended."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.lock = lock

    @classmethod
    def take(cls, path: Path) -> Self:
        """Create the directory if it is missing, and lock it.

        Raises LaunchError when another stack has it, or when it cannot be written.
        """
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in ("logs", "valkey", "milvus"):
                (path / folder).mkdir(exist_ok=True)
            lock = os.open(path / "stack.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise LaunchError(
                f"The data directory {path} cannot be written: {error.strerror}.\n"
                "Choose another:  make run IMAGES=… DATA_DIR=/path/to/data"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(lock, 32, 0).decode() or "unknown"
            os.close(lock)
            raise LaunchError(
                f"Another Lookalike runs on the data directory {path} (process {holder}), or is "
                "just stopping.\nStop it with Ctrl-C, or give this one a directory and a port of "
                "its own:\n  make run IMAGES=… DATA_DIR=/path/to/other PORT=8001"
            ) from error
        os.truncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        return cls(path, lock)

    def stores(self) -> Stores:
        """The ports and password of the last run; a port that is in use is replaced."""
        file = self.path / "stores.json"
        try:
            known = Stores.model_validate_json(file.read_bytes())
        except (OSError, ValidationError):
            known = Stores(redis_port=0, redis_password=secrets.token_urlsafe(24), milvus_port=0)
        redis_port = _still_free(known.redis_port)
        milvus_port = _still_free(known.milvus_port, but=redis_port)
        stores = known.model_copy(update={"redis_port": redis_port, "milvus_port": milvus_port})
        write_private(file, stores.model_dump_json(indent=2))
        return stores


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    file.touch(mode=0o600)
    file.write_text(text)


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now. Raises OSError if it may not."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        # As servers do: sockets of a former run in TIME_WAIT do not block the port.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(address)
            sock.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def _still_free(port: int, but: int = 0) -> int:
    while port not in STORE_PORTS or port == but or not port_is_free("127.0.0.1", port):
        port = STORE_PORTS.start + secrets.randbelow(len(STORE_PORTS))
    return port
