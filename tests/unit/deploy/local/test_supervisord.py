"""supervisord.conf: every program is restarted, and stopped with all its children."""

from configparser import RawConfigParser, SectionProxy
from pathlib import Path

import pytest

import deploy

CONFIGURATION = Path(deploy.__file__).parent / "local" / "supervisord.conf"


def read() -> RawConfigParser:
    # Semicolons begin comments for supervisord, also behind a value.
    parser = RawConfigParser(inline_comment_prefixes=(";",))
    parser.read(CONFIGURATION)
    return parser


def programs() -> dict[str, SectionProxy]:
    parser = read()
    names = (name for name in parser.sections() if name.startswith("program:"))
    return {name.removeprefix("program:"): parser[name] for name in names}


def test_every_process_of_one_machine_is_there() -> None:
    assert set(programs()) == {"valkey", "milvus", "indexer", "encoder", "query", "gateway"}


def test_no_control_port_is_open() -> None:
    names = read().sections()
    assert not {"inet_http_server", "unix_http_server"} & set(names)


@pytest.mark.parametrize("name", programs())
def test_program_comes_back_for_ever(name: str) -> None:
    program = programs()[name]
    assert program["autorestart"] == "true"
    assert int(program["startretries"]) >= 1_000_000


@pytest.mark.parametrize("name", programs())
def test_program_ends_whole_and_in_time(name: str) -> None:
    program = programs()[name]
    assert program["command"].startswith("python -m deploy.local.pdeathsig KILL ")
    # killasgroup follows it: children of a program end with it.
    assert program["stopasgroup"] == "true"
    assert int(program["stopwaitsecs"]) <= 10


@pytest.mark.parametrize("name", programs())
def test_log_is_one_rotated_file(name: str) -> None:
    program = programs()[name]
    assert program["redirect_stderr"] == "true"
    assert program["stdout_logfile"] == f"logs/{name}.log"
    assert program["stdout_logfile_maxbytes"] == "10MB"
    assert int(program["stdout_logfile_backups"]) <= 3


def test_stores_start_first_and_stop_last() -> None:
    parser = read()
    stores = {int(programs()[name]["priority"]) for name in ("valkey", "milvus")}
    workers = int(parser["group:workers"]["priority"])
    assert max(stores) < workers < int(programs()["gateway"]["priority"])
    assert set(parser["group:workers"]["programs"].split(",")) == {"indexer", "encoder", "query"}


def test_milvus_listens_here_alone_and_keeps_its_memtable_small() -> None:
    milvus = programs()["milvus"]
    assert "--host 127.0.0.1" in milvus["command"]
    assert 'MILVUS_LITE_MEMTABLE_MEMORY_LIMIT_BYTES="8388608"' in milvus["environment"]
