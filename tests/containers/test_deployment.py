"""The deployment: open ports, results, and exact counts after kills. Tests run in file order."""

import io
import json
import socket
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image

from tests.containers.conftest import say
from tests.containers.deployment import OURS, SERVICES, Deployment, own_address
from tests.services import wait_until

pytestmark = [pytest.mark.containers, pytest.mark.timeout(900)]

#: Files of a load that are done when something is killed.
_IN_THE_MIDDLE = 60


def test_every_setting_of_env_reaches_every_process(deployment: Deployment) -> None:
    source = (
        "import json\nfrom shared.settings import get_settings\ns = get_settings()\n"
        "print(json.dumps([s.lease_seconds, s.chunk_size, s.redis_password.get_secret_value(),"
        " s.milvus_credentials, [key.get_secret_value() for key in s.api_keys]]))"
    )
    for service in OURS:
        found = json.loads(deployment.python(service, source))
        assert found == [4, 8, deployment.redis_password, "root:Milvus", [deployment.api_key]]
    # The first lines of a worker say how many threads it has.
    for service, line in (
        ("query-encoder", '"threads": 5, "event": "query_reader_started"'),
        ("indexer", "concurrency: 7 (thread)"),
        ("encoder", "concurrency: 3 (thread)"),
    ):
        said = deployment.engine.attempt(["podman", "logs", deployment.name(service)])
        assert line in said.stdout + said.stderr, service


def test_processes_have_no_rights_to_spare(deployment: Deployment) -> None:
    for service in OURS:
        assert deployment.exec(service, "id", "-u") == "10001", service
        status = deployment.exec(service, "cat", "/proc/1/status")
        assert "CapEff:\t0000000000000000" in status, service
        assert "CapBnd:\t0000000000000000" in status, service
        assert "NoNewPrivs:\t1" in status, service
        assert deployment.inspect(service)["HostConfig"]["ReadonlyRootfs"] is True
    for service in (*OURS, "redis"):
        source = "import pathlib; pathlib.Path('/usr/new').write_text('')"
        failed = deployment.engine.attempt(
            ["podman", "exec", "--user=0", deployment.name(service), "python", "-c", source]
        )
        assert "Read-only file system" in failed.stderr, service
    assert "ro," in deployment.exec("encoder", "grep", " /images ", "/proc/mounts")


def test_only_the_gateway_publishes_a_port(deployment: Deployment) -> None:
    for service in SERVICES:
        bindings = deployment.inspect(service)["HostConfig"]["PortBindings"] or {}
        if service != "gateway":
            assert bindings == {}, service
        else:
            port = {"HostIp": "127.0.0.1", "HostPort": str(deployment.port)}
            assert bindings == {"8000/tcp": [port]}


def test_the_stores_network_has_no_way_out(deployment: Deployment) -> None:
    with socket.create_server(("0.0.0.0", 0)) as listener:
        threading.Thread(target=_accept_all, args=[listener], daemon=True).start()
        address = (own_address(), listener.getsockname()[1])
        source = f"import socket; socket.create_connection({address}, 3); print('connected')"
        # What fetches from addresses has a way out, which shows that the address is a good one.
        for service in ("gateway", "indexer"):
            assert deployment.python(service, source) == "connected"
        for service in set(SERVICES) - {"gateway", "indexer"}:
            assert deployment.exec(service, "python", "-c", source, check=False) == "", service


def test_uploads_arrive_on_a_disk(deployment: Deployment) -> None:
    source = "import tempfile; print(tempfile.gettempdir())"
    assert deployment.python("gateway", source) == "/spool"
    mounts = deployment.exec("gateway", "cat", "/proc/mounts").splitlines()
    kinds = {line.split()[1]: line.split()[2] for line in mounts}
    assert kinds["/tmp"] == "tmpfs"
    assert kinds["/spool"] != "tmpfs"


def test_the_session_cookie_is_secure_behind_a_trusted_proxy(deployment: Deployment) -> None:
    reply = deployment.client.post(
        "/api/v2/session",
        json={"api_key": deployment.api_key},
        headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"},
    )
    assert reply.is_success, reply.text
    assert "; Secure" in reply.headers["set-cookie"]
    deployment.client.cookies.clear()


def test_a_load_a_search_and_a_thumbnail(
    deployment: Deployment, pictures: tuple[Path, int]
) -> None:
    folder, count = pictures
    job = deployment.wait_job(deployment.load("one"))
    assert (job["status"], job["indexed"], job["failed"]) == ("done", count, 0)
    assert deployment.count("one", count) == count
    say(f"one encoder of one CPU: {count / seconds(job):.1f} images/s, {count} pictures")
    picture = next(iter(sorted(folder.rglob("*.jpg"))))
    [hit] = search(deployment, "one", picture)
    assert hit["uri"] == f"file:///images/{picture.relative_to(folder)}"
    assert hit["score"] == pytest.approx(1, abs=0.01)
    thumbnail = deployment.client.get(hit["thumbnail_url"])
    assert thumbnail.status_code == 200
    assert max(Image.open(io.BytesIO(thumbnail.content)).size) <= 512
    assert deployment.client.get(hit["content_url"]).content == picture.read_bytes()


def test_a_second_folder_is_read_under_its_own_name(
    deployment: Deployment, more_pictures: tuple[Path, int]
) -> None:
    job = deployment.wait_job(deployment.load("more", "/images-2"))
    assert (job["status"], job["indexed"]) == ("done", more_pictures[1])
    [hit] = search(deployment, "more", next(iter(sorted(more_pictures[0].rglob("*.jpg")))))
    assert hit["uri"].startswith("file:///images-2/")


def test_two_replicas_share_a_load(deployment: Deployment, pictures: tuple[Path, int]) -> None:
    deployment.start_second_encoder()
    after = deployment.wait_healthy("encoder", replica=2)
    deployment.wait_encoders(2)
    job_id = deployment.load("two")
    worked: set[str] = set()
    while deployment.job(job_id)["status"] != "done":
        workers = deployment.wait_encoders(2)
        worked |= {worker["name"] for worker in workers if worker["images_per_second"] > 1}
        time.sleep(0.2)
    job = deployment.job(job_id)
    assert (job["indexed"], job["failed"], len(worked)) == (pictures[1], 0, 2)
    assert deployment.count("two", pictures[1]) == pictures[1]
    say(
        f"two encoders of one CPU each: {pictures[1] / seconds(job):.1f} images/s; "
        f"the second was healthy {after:.0f} s after its start"
    )


@pytest.mark.parametrize("service", ["encoder", "redis"])
def test_counts_are_exact_when_a_container_is_killed(
    deployment: Deployment, pictures: tuple[Path, int], service: str
) -> None:
    before = deployment.inspect(service)["State"]["StartedAt"]
    job_id = deployment.load(f"killed_{service}")
    done = deployment.wait_done(job_id, _IN_THE_MIDDLE)
    assert done < pictures[1]
    deployment.sigkill(service)
    job = deployment.wait_job(job_id)
    assert (job["status"], job["indexed"], job["failed"]) == ("done", pictures[1], 0)
    assert (job["total"], job["done"]) == (pictures[1], pictures[1])
    rows = deployment.count(f"killed_{service}", pictures[1])
    assert rows == pictures[1]
    deployment.wait_healthy(service)
    # `restart: unless-stopped` started it anew.
    assert deployment.inspect(service)["State"]["StartedAt"] != before
    say(
        f"{service} killed with {done} of {pictures[1]} done: {job['indexed']} indexed, "
        f"{job['failed']} failed, {rows} rows, "
        f"{seconds(job):.0f} s in all"
    )


def test_nothing_is_lost_when_all_is_taken_down_and_up_again(
    deployment: Deployment, pictures: tuple[Path, int]
) -> None:
    picture = next(iter(sorted(pictures[0].rglob("*.jpg"))))
    with picture.open("rb") as file:
        reply = deployment.client.post(
            "/api/v2/collections/one/images?wait=true", files={"files": file}
        )
    assert reply.is_success, reply.text
    names = ("two", "killed_encoder", "killed_redis")
    before = {"one": pictures[1] + 1, **dict.fromkeys(names, pictures[1])}
    assert {name: deployment.count(name, rows) for name, rows in before.items()} == before
    jobs = deployment.client.get("/api/v2/jobs").json()["items"]
    say(
        "most memory resident: "
        + ", ".join(f"{service} {deployment.memory(service)} MiB" for service in SERVICES)
    )
    deployment.engine.podman("rm", "-f", "-t", "5", deployment.name("encoder", 2))
    deployment.down()
    began = time.monotonic()
    deployment.up()
    deployment.wait_ready()
    assert {name: deployment.count(name, rows) for name, rows in before.items()} == before
    assert deployment.client.get("/api/v2/jobs").json()["items"] == jobs
    hits = search(deployment, "one", picture, top_k=2)
    uploaded = next(hit for hit in hits if hit["uri"].startswith("upload:"))
    assert deployment.client.get(uploaded["content_url"]).content == picture.read_bytes()
    say(f"down and up again: ready after {time.monotonic() - began:.0f} s, {before} as before")


def test_a_backup_brings_everything_back(
    deployment: Deployment, pictures: tuple[Path, int], tmp_path: Path
) -> None:
    jobs = deployment.client.get("/api/v2/jobs").json()["items"]
    deployment.back_up(tmp_path)
    deployment.restore(tmp_path)
    deployment.up()
    deployment.wait_ready()
    assert deployment.count("one", pictures[1] + 1) == pictures[1] + 1
    assert deployment.count("two", pictures[1]) == pictures[1]
    assert deployment.client.get("/api/v2/jobs").json()["items"] == jobs
    listed = deployment.client.get(
        "/api/v2/collections/one/images", params={"path_prefix": "upload://"}
    ).json()["items"]
    assert [deployment.client.get(image["content_url"]).status_code for image in listed] == [200]
    sizes = {path.name: path.stat().st_size // 2**20 for path in sorted(tmp_path.iterdir())}
    say(f"backed up, all volumes dropped, restored: {sizes} MiB")


def seconds(job: dict[str, str]) -> float:
    """How long a job took."""
    begun, ended = (datetime.fromisoformat(job[key]) for key in ("started_at", "finished_at"))
    return (ended - begun).total_seconds()


def search(
    deployment: Deployment, collection: str, picture: Path, top_k: int = 1
) -> list[dict[str, str]]:
    """The hits, once there are `top_k`: a server shows new rows some seconds after their write."""

    def hits() -> list[dict[str, str]] | None:
        reply = deployment.client.post(
            f"/api/v2/collections/{collection}/search",
            files={"file": picture.read_bytes()},
            data={"top_k": str(top_k)},
        )
        assert reply.status_code == 200, reply.text
        found: list[dict[str, str]] = reply.json()["hits"]
        return found if len(found) == top_k else None

    return wait_until(hits, 60, f"{top_k} hits")


def _accept_all(listener: socket.socket) -> None:
    while True:
        try:
            listener.accept()[0].close()
        except OSError:
            return
