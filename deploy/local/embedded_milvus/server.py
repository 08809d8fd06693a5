"""Serves milvus-lite with these collections: `python -m deploy.local.embedded_milvus`.

They replace parts of one version of milvus-lite; with any other the server is milvus-lite's own.
"""

import logging
import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import milvus_lite.db
import milvus_lite.engine.collection
import milvus_lite.engine.recovery
import milvus_lite.index.faiss_hnsw
import pyarrow.compute as pc
from milvus_lite.adapter.grpc import server as lite_server
from milvus_lite.adapter.grpc import servicer as lite_servicer
from milvus_lite.engine.recovery import replay_wal_operations
from milvus_lite.storage.manifest import Manifest

from deploy.local.embedded_milvus.collection import FastCollection
from deploy.local.embedded_milvus.database import LockedDatabase
from deploy.local.embedded_milvus.mapped_index import MappedHnswIndex
from deploy.local.embedded_milvus.memtable import ArrayMemTable
from deploy.local.embedded_milvus.record_log import RecordLog
from deploy.local.embedded_milvus.segment import CompactSegment

_log = logging.getLogger(__name__)

#: The version whose internals `FastCollection` replaces.
VERSION = "3.2.2"


class FastServicer(lite_servicer.MilvusServicer):
    """As milvus-lite's, which reads every field of all rows that it counts.

    It opens all collections at once, in a thread of its own.
    """

    def __init__(self, database: LockedDatabase) -> None:
        super().__init__(database)
        threading.Thread(target=database.open_all, name="open", daemon=True).start()

    def Query(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        if list(request.output_fields) != ["count(*)"] or not request.expr:
            return super().Query(request, context)
        try:
            collection = self._get_collection(request, context)
            counted = collection.count_matching(request.expr)
        except lite_servicer.MilvusLiteError:
            return super().Query(request, context)
        reply = lite_servicer.milvus_pb2.QueryResults(
            status=lite_servicer.common_pb2.Status(**lite_servicer.success_status_kwargs()),
            collection_name=collection.name,
            output_fields=["count(*)"],
        )
        field = reply.fields_data.add(field_name="count(*)", type=5)
        field.scalars.long_data.data.append(counted)
        return reply


def unflushed(wal_dir: str, wal_number: int, pk_field: str) -> Iterator[Any]:
    """The operations of a log whose rows are in no segment.

    A kill between the commit of a flush and the removal of its log leaves both. milvus-lite then
    has these rows twice, and may write a second file under the first one's name.
    """
    flushed = Manifest.load(str(Path(wal_dir).parent)).current_seq
    for operation in replay_wal_operations(wal_dir, wal_number, pk_field):
        if pc.max(operation.batch.column("_seq")).as_py() > flushed:
            yield operation


def install() -> bool:
    """Have milvus-lite use these classes; False if it is another version, and nothing was done."""
    found = version("milvus-lite")
    if found != VERSION:
        _log.warning("milvus_lite_unchanged version=%s wanted=%s", found, VERSION)
        return False
    milvus_lite.db.Collection = FastCollection
    milvus_lite.engine.collection.Segment = CompactSegment
    milvus_lite.engine.collection.MemTable = ArrayMemTable
    milvus_lite.engine.collection.WAL = RecordLog
    milvus_lite.index.faiss_hnsw.FaissHnswIndex = MappedHnswIndex
    milvus_lite.engine.recovery.MemTable = ArrayMemTable
    milvus_lite.engine.recovery.replay_wal_operations = unflushed
    lite_server.MilvusServicer = FastServicer
    lite_server.MilvusLite = LockedDatabase
    return True
