"""A folder is rearranged: the regions of its pictures follow them, whoever is killed meanwhile."""

from collections.abc import Iterator

import numpy as np
import pytest

from shared.ledger import scripts
from shared.store import MilvusConnection, PictureRegions, Regions
from tests.crash_points import CrashPoints, Doomed, Point
from tests.integration.conftest import OpenLibrary
from tests.integration.processes import System
from tests.integration.rearranged import SPECS, Rearranged

#: Where the regions are written, and not the rows; where rows are deleted, and not their regions.
KILLS = ("after encoder: milvus upsert 1", "after encoder: milvus delete 1")


@pytest.fixture
def points() -> Iterator[CrashPoints]:
    made = CrashPoints()
    with made.installed():
        yield made


@pytest.mark.timeout(300)
def test_each_row_has_the_regions_of_its_content(
    open_library: OpenLibrary, connection: MilvusConnection, points: CrashPoints
) -> None:
    library, regions = open_library(regions=True), Regions(connection)
    rearranged, system = Rearranged(library), System(library, points)
    for name, text in vars(scripts).items():
        if name.isupper() and isinstance(text, str):
            library.redis.script_load(text)
    generation = library.encoding.collections.identity(library.collection).generation
    where = library.collection, generation
    stored = [image.row for image in rearranged.stored]
    before = regions.read(*where, {row.id: row.sha256 for row in stored})
    assert len(before) == len(stored)
    of_content = {row.sha256: before[row.id] for row in stored}

    for kill in KILLS:
        regions.delete(*where, regions.images_after(*where, ""))
        rearranged.arrange()
        regions.write(
            *where, [PictureRegions(row.id, row.sha256, before[row.id]) for row in stored]
        )
        doomed = Doomed(Point.of(kill))
        job = system.load(Doomed(None), doomed, **SPECS["keep"])
        rearranged.check(job, kill)
        assert doomed.dead.is_set(), kill
        contents = {row.id: row.sha256 for row in library.rows().values()}
        found = regions.read(*where, contents)
        assert set(found) == set(contents), kill
        for image, sha256 in contents.items():
            if sha256 in of_content:
                assert np.allclose(found[image], of_content[sha256], atol=1e-4), kill
