"""A collection of milvus-lite whose reads look at no row that they do not need.

What it does not speed up (one of several partitions in a memtable, sparse vectors, grouping,
ranges, other metrics than the cosine) it leaves to `Collection`.
"""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from milvus_lite.engine.collection import _convert_hits_to_milvus_distances
from milvus_lite.engine.projection import build_projection_plan
from milvus_lite.exceptions import PartitionNotFoundError

from deploy.local.embedded_milvus import scan
from deploy.local.embedded_milvus.lookup import Wanted
from deploy.local.embedded_milvus.maintenance import Maintenance
from deploy.local.embedded_milvus.memtable import BufferedRows
from deploy.local.embedded_milvus.nearest import nearest
from deploy.local.embedded_milvus.segment import read_columns
from deploy.local.embedded_milvus.sources import Visible

Record = dict[str, Any]
#: The arguments of `Collection.search` that change what is found or how it is ordered.
_UNUSUAL = ("group_by_field", "radius", "range_filter", "ranker")


class FastCollection(Maintenance):
    """As `Collection`; results are the same rows, for any history of writes."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._writing = threading.RLock()
        super().__init__(*arguments, **named)

    # --- Writes -------------------------------------------------------------------------------

    def insert(self, records: list[Record], *arguments: Any, **named: Any) -> list[Any]:
        with self._writing:
            inserted: list[Any] = super().insert(records, *arguments, **named)
        return inserted

    def delete(self, *arguments: Any, **named: Any) -> int:
        with self._writing:
            deleted: int = super().delete(*arguments, **named)
        return deleted

    def upsert(self, records: list[Record], *arguments: Any, **named: Any) -> list[Any]:
        """As `Collection.upsert`, which reads each stored row to keep the fields not given."""
        names = {field.name for field in self._schema.fields}
        if self._plain and all(record.keys() >= names for record in records):
            return self.insert(records, *arguments, **named)
        with self._writing:
            upserted: list[Any] = super().upsert(records, *arguments, **named)
        return upserted

    # --- Reads --------------------------------------------------------------------------------

    def search(
        self,
        query_vectors: list[Any],
        top_k: int = 10,
        metric_type: str | None = None,
        **named: Any,
    ) -> list[list[Record]]:
        field = named.get("anns_field") or self._vector_name
        unusual = any(named.get(name) for name in _UNUSUAL)
        if not self._plain or unusual or field != self._vector_name or not query_vectors:
            return self._search_as_before(query_vectors, top_k, metric_type, **named)
        if self.resolve_search_metric(field, metric_type) != "COSINE":
            return self._search_as_before(query_vectors, top_k, metric_type, **named)
        self._require_loaded()
        queries = np.asarray(query_vectors, dtype=np.float32)
        if queries.ndim != 2 or top_k <= 0:
            return self._search_as_before(query_vectors, top_k, metric_type, **named)
        plan = build_projection_plan(named.get("output_fields"), self._schema, api_kind="search")
        fields = [f for f in plan.response_schema_fields if f != self._pk_name]
        snapshot = self._snapshot(named.get("partition_names"))
        if snapshot is None:
            return self._search_as_before(query_vectors, top_k, metric_type, **named)
        wanted = self._filter(named.get("expr"), named.get("timezone"))
        masks = [None if wanted is None else wanted.mask(visible) for visible in snapshot]
        offset = named.get("offset") or 0
        parameters = named.get("search_params") or {}
        found = nearest(snapshot, masks, queries, top_k + offset, parameters)
        results = []
        for places in found:
            page = places[offset:]
            rows = [(place.source, place.row) for place in page]
            records = self._read(snapshot, rows, [self._pk_name, *fields])
            results.append(
                [
                    {"id": record.pop(self._pk_name), "distance": p.distance, "entity": record}
                    for p, record in zip(page, records, strict=True)
                ]
            )
        _convert_hits_to_milvus_distances(results, "COSINE")
        return results

    def get(
        self,
        pks: list[Any],
        partition_names: list[str] | None = None,
        expr: str | None = None,
        output_fields: list[str] | None = None,
        timezone: str | None = None,
    ) -> list[Record]:
        if not self._plain or partition_names or expr or not isinstance(pks, list):
            records: list[Record] = super().get(pks, partition_names, expr, output_fields, timezone)
            return records
        self._require_loaded()
        snapshot = self._sources.snapshot()
        places = [place for pk in pks if (place := _place(snapshot, pk)) is not None]
        return self._read(snapshot, places, self._fields(output_fields))

    def query(
        self,
        expr: str | None = None,
        output_fields: list[str] | None = None,
        partition_names: list[str] | None = None,
        limit: int | None = None,
        offset: int = 0,
        timezone: str | None = None,
        order_by_pk: bool = False,
    ) -> list[Record]:
        if not self._plain or partition_names or not isinstance(expr, str | None):
            records: list[Record] = super().query(
                expr, output_fields, partition_names, limit, offset, timezone, order_by_pk
            )
            return records
        self._require_loaded()
        wanted, snapshot = self._filter(expr, timezone), self._sources.snapshot()
        most = None if limit is None else offset + limit
        if order_by_pk:
            places = scan.first_by_key(snapshot, wanted, most, self._pk_name)
        else:
            places = scan.first(snapshot, wanted, most)
        return self._read(snapshot, places[offset:], self._fields(output_fields))

    def count_matching(self, expr: str | None, timezone: str | None = None) -> int:
        """How many rows match an expression; all without one."""
        self._require_loaded()
        if not self._plain:
            return len(super().query(expr, [self._pk_name], timezone=timezone))
        return scan.count(self._sources.snapshot(), self._filter(expr, timezone))

    def _num_entities(self, partition_names: list[str] | None) -> int:
        if not self._plain or partition_names is not None:
            entities: int = super()._num_entities(partition_names)
            return entities
        return scan.count(self._sources.snapshot(), None)

    # --- Details ------------------------------------------------------------------------------

    def _search_as_before(self, *arguments: Any, **named: Any) -> list[list[Record]]:
        results: list[list[Record]] = super().search(*arguments, **named)
        return results

    def _snapshot(self, partition_names: Sequence[str] | None) -> Sequence[Visible] | None:
        """The sources of these partitions, of all without names; None where one is in part.

        Raises PartitionNotFoundError, as a Milvus server does where milvus-lite finds no rows.
        """
        snapshot = self._sources.snapshot()
        if not partition_names:
            return snapshot
        for name in partition_names:
            if not self.has_partition(name):
                raise PartitionNotFoundError(name)
        names = frozenset(partition_names)
        if any(_partitions(v) & names and not _partitions(v) <= names for v in snapshot):
            return None
        return [visible for visible in snapshot if _partitions(visible) <= names]

    def _filter(self, expr: str | None, timezone: str | None) -> scan.Filter | None:
        if not expr:
            return None
        compiled = self._compile_filter(expr, timezone=timezone)
        plan = self._indexed_filter_plan(compiled)
        return scan.Filter(compiled, plan, Wanted.of(compiled.ast))

    def _fields(self, output_fields: list[str] | None) -> Sequence[str]:
        plan = build_projection_plan(output_fields, self._schema, api_kind="query")
        return list(dict.fromkeys([*plan.response_schema_fields, self._pk_name]))

    def _read(
        self, snapshot: Sequence[Visible], places: Sequence[tuple[int, int]], fields: Sequence[str]
    ) -> list[Record]:
        """The fields of rows, in the order of `places`: source and row."""
        of_source: dict[int, list[int]] = {}
        for position, (source, _) in enumerate(places):
            of_source.setdefault(source, []).append(position)
        records: list[Record] = [{} for _ in places]
        for source, positions in of_source.items():
            rows = np.array([places[position][1] for position in positions], dtype=np.int64)
            read = read_columns(snapshot[source].source, self._vector_name, fields, rows)
            for position, record in zip(positions, read, strict=True):
                records[position] = record
        return records


def _partitions(visible: Visible) -> frozenset[str]:
    source = visible.source
    return source.partitions if isinstance(source, BufferedRows) else frozenset({source.partition})


def _place(snapshot: Sequence[Visible], pk: Any) -> tuple[int, int] | None:
    for number in range(len(snapshot) - 1, -1, -1):
        source, mask, _ = snapshot[number]
        row = source.pk_to_row.get(pk)
        if row is not None and mask[row]:
            return number, row
    return None
