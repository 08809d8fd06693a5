"""compose.yaml: what takes memory, and what must not."""

import re

from tests.unit.deploy.repository import compose


def test_redis_refuses_writes_before_its_container_is_killed() -> None:
    redis = compose.services(compose.COMPOSE, {"IMAGES": "/photos"})["redis"]
    maximum = re.search(r"--maxmemory (\d+)mb ", redis["command"][-1])
    limit = re.fullmatch(r"(\d+)g", redis["mem_limit"])
    assert maximum
    assert limit
    # What Redis sends and writes anew comes on top.
    assert int(maximum[1]) * 4 <= int(limit[1]) * 1024 * 3


def test_uploads_are_spooled_to_a_disk() -> None:
    gateway = compose.services(compose.COMPOSE, compose.filled())["gateway"]
    dockerfile = (compose.REPOSITORY / "deploy" / "docker" / "gateway.Dockerfile").read_text()
    spool = re.search(r"\bTMPDIR=(\S+)", dockerfile)
    assert spool
    assert "TMPDIR" not in gateway["environment"]
    volumes = [v.split(":") for v in gateway["volumes"] if isinstance(v, str)]
    (name,) = [volume for volume, path in volumes if path == spool[1]]
    assert compose.load(compose.COMPOSE, compose.filled())["volumes"][name] is None
    assert not any(spool[1].startswith(path) for path in gateway["tmpfs"])
