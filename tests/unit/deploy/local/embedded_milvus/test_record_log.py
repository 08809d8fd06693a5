"""A disk that refuses a write to milvus-lite's log: what is acknowledged afterwards is not lost."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from milvus_lite.storage.wal import WAL

from deploy.local.embedded_milvus.record_log import RecordFile, RecordLog

#: Writes three records, or the last two of them, of which "refused" does not fit into the file;
#: prints what was acknowledged, a line each. RLIMIT_FSIZE has the kernel write a part, as a full
#: disk does.
_WRITER = """
import contextlib, resource, signal, sys
import pyarrow as pa
from deploy.local.embedded_milvus.record_log import RecordLog
from milvus_lite.storage.wal import WAL

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
schema = pa.schema([("id", pa.string()), ("filler", pa.binary())])
log = (RecordLog if sys.argv[2] == "ours" else WAL)(sys.argv[1], schema, schema, 1)

def write(name):
    log.write_insert(pa.record_batch([[name], [bytes(100_000)]], schema=schema))
    print(name, flush=True)

room = 150_000 if sys.argv[3] == "first" else 50_000
if sys.argv[3] == "first":
    write("first")
resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
with contextlib.suppress(OSError):
    write("refused")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
write("later")
"""
_READER = """
import sys
from milvus_lite.storage.wal import WAL
for batch in WAL.recover(sys.argv[1], 1)[0]:
    print(*batch.column("id").to_pylist())
"""


def run(script: str, *arguments: str) -> tuple[int, list[str]]:
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.split()


@pytest.mark.parametrize("first", ["first", "refused"])
@pytest.mark.parametrize("log", ["ours", "milvus-lite's"])
def test_what_was_acknowledged_is_recovered(tmp_path: Path, log: str, first: str) -> None:
    code, acknowledged = run(_WRITER, str(tmp_path), log, first)
    _, recovered = run(_READER, str(tmp_path))
    assert (code, acknowledged) == (0, ["first", "later"][first == "refused" :])
    if log == "ours":
        assert recovered == acknowledged
    else:
        # As long as milvus-lite loses the last one, its log must be replaced.
        assert "later" not in recovered


@pytest.mark.parametrize("records", [0, 1])
def test_a_record_that_cannot_be_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: int
) -> None:
    schema = pa.schema([("id", pa.string())])
    log = RecordLog(str(tmp_path), schema, schema, 1)

    def write(name: str) -> None:
        log.write_insert(pa.record_batch([[name]], schema=schema))

    def write_some(file: RecordFile, data: bytes) -> int:
        file._unwritten += bytes(data)
        raise MemoryError

    for _ in range(records):
        write("first")
    with monkeypatch.context() as broken:
        broken.setattr(RecordFile, "write", write_some)
        with pytest.raises(MemoryError):
            write("refused")
    write("later")
    (*_, last) = WAL.recover(str(tmp_path), 1)[0]
    assert last.column("id").to_pylist() == ["later"]
    assert len(WAL.recover(str(tmp_path), 1)[0]) == records + 1
