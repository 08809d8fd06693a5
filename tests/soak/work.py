"""What clients do during a soak, each over and over, and what must have come of it."""

import hashlib
import itertools
import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.files.uris import file_path
from tests.folders import Expected, Folder, History, picture
from tests.patient_client import PatientClient

COLLECTION, UPLOADS = "soak", "soak_uploads"
_BASE = f"/api/v2/collections/{COLLECTION}"
#: What may become of a file that is moved while it is loaded.
_MOVED_AWAY = frozenset({"missing", "unreadable"})
_STATIC = 24


class Loads:
    """Loads of one folder."""

    def __init__(self, client: PatientClient, root: Path, dice: random.Random) -> None:
        root.mkdir()
        self.client = client
        self.folder = Folder(root)
        self.dice = dice

    def load(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Load the folder; what was asked for, and the job once it ended."""
        modes = {"on_duplicate": self.dice.choice(["skip", "keep"])}
        spec = modes | {"sync": self.dice.random() < 0.5}
        return spec, self.load_as(spec)

    def load_as(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        source = {"kind": "directory", "path": str(self.folder.root)}
        call = {"json": {"source": source, **spec}}
        job = self.client.end_of(self.client.start_job(COLLECTION, call))
        assert job["status"] == "done", job
        check_sum(job)
        return job

    def images(self) -> dict[str, dict[str, Any]]:
        """The folder's images, by the path below it."""
        found = self.client.items(f"{_BASE}/images", path_prefix=f"{self.folder.root}/")
        images = list(found)
        named = {str(file_path(i["uri"]).relative_to(self.folder.root)): i for i in images}
        assert len(named) == len(images)
        return named


class QuietFolder(Loads):
    """A folder that changes between its loads alone: each load must be exact."""

    def __init__(self, client: PatientClient, root: Path, dice: random.Random, first: int) -> None:
        super().__init__(client, root, dice)
        self._history = History(self.folder, dice, first)
        for _ in range(6):
            self._history.step()
        self._images: dict[str, dict[str, Any]] = {}
        self.rounds = 0

    def step(self) -> None:
        for _ in range(self.dice.randrange(1, 5)):
            self._history.step()
        spec, job = self.load()
        self._history.steps.append(f"load {spec}")
        told = "\n".join([*self._history.steps, str(job)])
        files, before, after = self.folder.contents(), self._images, self.images()
        expected = Expected(_contents(before), files, spec)
        told += f"\nbefore {_contents(before)}\nfiles {files}\nafter {_contents(after)}\n"
        counts = tuple(job[name] for name in expected.counts._fields)
        assert counts == expected.counts, f"{told}{expected.counts}"
        expected.check(_contents(after), files, told)
        for name, image in after.items():
            came_from = name if name in before else expected.moves.get(name, "")
            if came_from in before and before[came_from]["sha256"] == image["sha256"]:
                assert image["tags"] == before[came_from]["tags"], (name, told)
        images = sorted(after.values(), key=lambda image: str(image["id"]))
        for image in self.dice.sample(images, min(2, len(images))):
            image["tags"] = [f"of {image['sha256'][:8]}"]
            tag(self.client, image)
        self._images = after
        self.rounds += 1


class RestlessFolder(Loads):
    """A folder whose files are renamed while it is loaded: exact once it comes to rest."""

    FILES = 20

    def __init__(self, client: PatientClient, root: Path, dice: random.Random, first: int) -> None:
        super().__init__(client, root, dice)
        self._names = [f"{number:02}.png" for number in range(2 * self.FILES)]
        for index, name in enumerate(self._names[: self.FILES]):
            self.folder.write(name, first + index)
        self._movers = random.Random(dice.random())
        self.moves = 0

    def step(self) -> None:
        _, job = self.load()
        failures = self.client.items(f"/api/v2/jobs/{job['id']}/failures")
        assert {failure["code"] for failure in failures} <= _MOVED_AWAY, job

    def move(self) -> None:
        """Rename a file to a name that is free; once in a while two of them exchange names."""
        present = [name for name in self._names if (self.folder.root / name).exists()]
        if self._movers.random() < 0.3:
            self.folder.rotate(self._movers.sample(present, 2))
        else:
            absent = [name for name in self._names if name not in present]
            self.folder.rename(self._movers.choice(present), self._movers.choice(absent))
        self.moves += 1
        time.sleep(0.2)

    def finish(self) -> None:
        job = self.load_as({"on_duplicate": "skip", "sync": True, "allow_mass_removal": True})
        assert job["failed"] == 0, job
        assert _contents(self.images()) == self.folder.contents(), job


class SecondClient(Loads):
    """Deletes and tags images, uploads others, and searches, while others load."""

    def __init__(self, client: PatientClient, root: Path, dice: random.Random, first: int) -> None:
        super().__init__(client, root, dice)
        self._first = itertools.count(first)
        for number in range(_STATIC):
            self.folder.write(f"{number:02}.png", next(self._first))
        self.load_as({})
        self._static = self.images()
        assert len(self._static) == _STATIC
        self.uploaded: set[str] = set()
        self.deleted = self.searches = 0

    def step(self) -> None:
        action = self.dice.choice(
            [self._delete, self._tag, self._upload, self._delete_upload, self._search]
        )
        action()

    def finish(self) -> None:
        found = self.images()
        assert _contents(found) == _contents(self._static)
        tags = {name: image["tags"] for name, image in found.items()}
        assert tags == {name: image["tags"] for name, image in self._static.items()}
        if self.uploaded:
            images = self.client.items(f"/api/v2/collections/{UPLOADS}/images")
            assert {image["sha256"] for image in images} == self.uploaded

    def _delete(self) -> None:
        if len(self._static) > _STATIC // 2:
            image = self._static.pop(self.dice.choice(sorted(self._static)))
            self._forget(COLLECTION, image["id"])

    def _tag(self) -> None:
        image = self._static[self.dice.choice(sorted(self._static))]
        image["tags"] = [f"tag {self.dice.randrange(1000)}"]
        tag(self.client, image)

    def _upload(self) -> None:
        pictures = [picture(next(self._first)) for _ in range(self.dice.randrange(1, 5))]
        files = [("files", (f"{n}.png", data)) for n, data in enumerate(pictures)]
        reply = self.client.call("POST", f"/api/v2/collections/{UPLOADS}/images", files=files)
        assert reply.status_code == 202, reply.text
        self.uploaded |= {hashlib.sha256(data).hexdigest() for data in pictures}
        # Where an answer was lost, there are two jobs of the same files.
        for job in list(self.client.items("/api/v2/jobs", collection=UPLOADS)):
            if not job["finished"]:
                job = self.client.end_of(job["id"])
            assert (job["status"], job["failed"]) == ("done", 0), job

    def _delete_upload(self) -> None:
        if self.uploaded:
            images = list(self.client.items(f"/api/v2/collections/{UPLOADS}/images"))
            assert {image["sha256"] for image in images} == self.uploaded
            image = self.dice.choice(sorted(images, key=lambda i: str(i["id"])))
            self._forget(UPLOADS, image["id"])
            self.uploaded.discard(image["sha256"])

    def _forget(self, collection: str, image: str) -> None:
        reply = self.client.call("DELETE", f"/api/v2/collections/{collection}/images/{image}")
        # 404 where it was deleted and the answer was lost.
        assert reply.status_code in (204, 404), reply.text
        self.deleted += 1

    def _search(self) -> None:
        name = self.dice.choice(sorted(self._static))
        file = (self.folder.root / name).read_bytes()
        reply = self.client.call("POST", f"{_BASE}/search", files={"file": file})
        assert reply.status_code == 200, reply.text
        assert reply.json()["hits"][0]["id"] == self._static[name]["id"]
        self.searches += 1


def check_sum(job: Mapping[str, Any]) -> None:
    """Check that a job that ended counted every file once."""
    parts = sum(job[name] for name in ("indexed", "unchanged", "duplicates", "failed"))
    assert parts == job["done"] == job["total"], job


def tag(client: PatientClient, image: Mapping[str, Any]) -> None:
    """Have an image's tags be what `image` says."""
    call = {"json": {"tags": image["tags"]}}
    reply = client.call("PATCH", f"{_BASE}/images/{image['id']}", **call)
    assert reply.status_code == 200, reply.text


def _contents(images: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {name: image["sha256"] for name, image in images.items()}
