"""A disk that refuses a write to milvus-lite's log: what is acknowledged afterwards is not lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

#: Writes three records, of which the second does not fit into the file; prints what was
#: acknowledged, a line each. RLIMIT_FSIZE has the kernel write a part, as a full disk does.
_WRITER = """
import contextlib, resource, signal, sys
import pyarrow as pa
from deploy.local.embedded_milvus.torn_log import end_at_torn_logs
from milvus_lite.storage.wal import WAL

if sys.argv[2] == "ending":
    end_at_torn_logs()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
schema = pa.schema([("id", pa.string()), ("filler", pa.binary())])
log = WAL(sys.argv[1], schema, schema, 1)

def write(name):
    log.write_insert(pa.record_batch([[name], [bytes(100_000)]], schema=schema))
    print(name, flush=True)

write("first")
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))
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


@pytest.mark.parametrize("mode", ["ending", "going on"])
def test_what_was_acknowledged_is_recovered(tmp_path: Path, mode: str) -> None:
    code, acknowledged = run(_WRITER, str(tmp_path), mode)
    _, recovered = run(_READER, str(tmp_path))
    if mode == "ending":
        assert (code, acknowledged) == (os.EX_IOERR, ["first"])
        assert recovered == acknowledged
    else:
        # As long as milvus-lite loses the last one, it must end.
        assert (code, acknowledged) == (0, ["first", "later"])
        assert "later" not in recovered
