"""Loads into a collection with regions: each row that is there has regions of its content."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder_worker.decode.batch import BatchDecoder
from encoder_worker.decode.decoder import decode
from encoder_worker.encode.encoder import Encoder
from shared.domain.regions import REGIONS
from shared.errors import PictureError
from shared.ledger import keys
from shared.redis import RedisClient
from shared.sandbox.pool import DecoderPool
from shared.settings import Settings
from shared.store import ImageWriter, MilvusConnection, Regions
from tests.encoders import cosine
from tests.integration.encoder_worker.conftest import Drawn
from tests.integration.encoder_worker.load import Load

Stored = Callable[..., dict[str, NDArray[np.float32]]]


@pytest.fixture
def load(
    settings: Settings, redis: RedisClient, encoder: Encoder, decoders: DecoderPool
) -> Iterator[Load]:
    opened = Load(settings, redis, encoder, decoders)
    opened.make_collection(regions=True)
    yield opened
    opened.close()


@pytest.fixture
def stored(load: Load, connection: MilvusConnection) -> Stored:
    """The regions that are stored of files, as their rows have them, by file name."""

    def read(*files: Any) -> dict[str, NDArray[np.float32]]:
        rows = {load.row(file).id: load.row(file) for file in files}
        generation = load.collections.identity(load.collection).generation
        found = Regions(connection).read(
            load.collection, generation, {image: row.sha256 for image, row in rows.items()}
        )
        assert set(found) == set(rows)
        count = Regions(connection).count(load.collection, generation)
        assert count == len(REGIONS) * load.collections.count(load.collection)
        return {rows[image].uri.rpartition("/")[2]: vectors for image, vectors in found.items()}

    return read


def counting(decoder: BatchDecoder, counted: list[int]) -> BatchDecoder:
    def decode_all(files: Any) -> Any:
        counted.append(len(files))
        return decoder(files)

    return decode_all


def test_each_part_is_encoded_as_a_search_by_it_is(
    load: Load, drawn: Drawn, encoder: Encoder, stored: Stored
) -> None:
    files = [drawn(1), drawn(2)]
    assert load.run(*files).indexed == 2
    found = stored(*files)
    for file in files:
        for number, crop in enumerate(REGIONS):
            pixels = decode(file.read_bytes(), load.settings.max_pixels, crop).pixels
            expected = encoder.submit(pixels, "avg").result(60).vector
            assert cosine(found[file.name][number], expected) > 0.9999
    assert cosine(found["1.jpg"][0], load.vector(files[0])) < 0.9999


def test_parts_that_cannot_be_drawn_have_the_vector_of_the_whole(
    load: Load, drawn: Drawn, stored: Stored
) -> None:
    path = drawn(1)

    def nothing(files: Any) -> Any:
        return [PictureError("too_slow", "It takes too long.") for _ in files]

    worker = load.worker(decode_regions=nothing)
    job_id, (chunk,) = load.job([path])
    worker.work(job_id, chunk)
    assert load.jobs.get(job_id).indexed == 1
    (vectors,) = stored(path).values()
    assert all(cosine(vector, load.vector(path)) > 0.99999 for vector in vectors)


def test_they_move_with_their_picture_and_are_copied_with_it(
    load: Load, drawn: Drawn, stored: Stored
) -> None:
    path = drawn(1)
    load.run(path)
    before = stored(path)["1.jpg"]
    encoded: list[int] = []

    moved = load.root / "moved.jpg"
    path.rename(moved)
    worker = load.worker(decode_regions=counting(load.decode_regions, encoded))
    job_id, (chunk,) = load.job([moved])
    worker.work(job_id, chunk)
    assert load.jobs.get(job_id).moved == 1
    assert np.array_equal(stored(moved)["moved.jpg"], before)

    copied = load.root / "copied.jpg"
    copied.write_bytes(moved.read_bytes())
    job_id, (chunk,) = load.job([copied])
    worker.work(job_id, chunk)
    assert load.jobs.get(job_id).indexed == 1
    assert np.array_equal(stored(moved, copied)["copied.jpg"], before)
    assert not encoded


def test_what_cannot_be_taken_over_is_encoded(
    load: Load, drawn: Drawn, stored: Stored, connection: MilvusConnection
) -> None:
    path = drawn(1)
    load.run(path)
    before = stored(path)["1.jpg"]
    generation = load.collections.identity(load.collection).generation
    Regions(connection).delete(load.collection, generation, [load.row(path).id])
    moved = load.root / "moved.jpg"
    path.rename(moved)
    assert load.run(moved).moved == 1
    assert np.allclose(stored(moved)["moved.jpg"], before, atol=1e-5)


def test_another_content_has_other_regions(load: Load, drawn: Drawn, stored: Stored) -> None:
    path = drawn(1)
    load.run(path)
    before = stored(path)["1.jpg"]
    drawn(2, "1.jpg")
    assert load.run(path).indexed == 1
    assert not np.allclose(stored(path)["1.jpg"], before, atol=1e-3)


def test_a_worker_that_dies_between_regions_and_rows_leaves_none_to_be_found(
    load: Load, drawn: Drawn, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drawn(1)
    job_id, (chunk,) = load.job([path])
    with monkeypatch.context() as patched:
        patched.setattr(ImageWriter, "write", _killed)
        with pytest.raises(SystemExit):
            load.worker(name="first").work(job_id, chunk)
    load.redis.delete(keys.WORKER + "first")
    assert load.rows(path) == [None]
    assert load.collections.count(load.collection) == 0
    load.worker().work(job_id, chunk)
    assert load.jobs.get(job_id).indexed == 1
    assert len(stored(path)) == 1


def _killed(*_: Any) -> None:
    raise SystemExit
