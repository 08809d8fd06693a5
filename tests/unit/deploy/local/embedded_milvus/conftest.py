"""milvus-lite with Lookalike's collections, whose limits are small, in this process only."""

import milvus_lite.db
import milvus_lite.engine.collection
import milvus_lite.engine.recovery
import milvus_lite.index.faiss_hnsw
import pytest
from milvus_lite.adapter.grpc import server as lite_server

from deploy.local.embedded_milvus.server import install
from tests.unit.deploy.local.embedded_milvus.library import LIMITS

REPLACED = (
    (milvus_lite.db, "Collection"),
    (milvus_lite.engine.collection, "Segment"),
    (milvus_lite.engine.collection, "MemTable"),
    (milvus_lite.engine.recovery, "MemTable"),
    (milvus_lite.engine.recovery, "replay_wal_operations"),
    (milvus_lite.index.faiss_hnsw, "FaissHnswIndex"),
    (lite_server, "MilvusServicer"),
)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed for one test, and milvus-lite as it was after it."""
    for module, name in REPLACED:
        monkeypatch.setattr(module, name, getattr(module, name))
    for name, value in LIMITS.items():
        monkeypatch.setattr(name, value)
    assert install()
