"""The arithmetic of docs/scale.md: what so many pictures need, from rates that were measured.

`python -m tests.benchmarks.sizes_tables` writes its tables; a test compares them with the document.
"""

import math
from dataclasses import dataclass

GIB = 1 << 30
MIB = 1 << 20
PICTURES = (10**6, 10**7, 10**8, 10**9)

# Measured, on two cores each (docs/performance.md).
INT8_RATE = 36.6  # images/s, a load on an Intel Xeon with VNNI
BFLOAT16_RATE = 13.4  # images/s, a load on an AMD EPYC without AMX
UNCHANGED_RATE = 12_600  # files/s, the same load again
SCAN_RATE = 30_400  # files/s that one indexer finds and cuts into chunks
DECODE_SECONDS = 0.0028  # of one core, a picture
FAILURE_BYTES = 49
MOVE_BYTES = 52
#: The files of HNSW indexes with M 16, of a million vectors.
HNSW_GIB_A_MILLION = 2.1

# Assumed: nothing here was measured on a GPU, nor on a Milvus of several nodes.
FLOP_A_PICTURE = 30.7e9
GPU_PEAK = 120e12  # FLOP/s, dense bfloat16, of a GPU of the size of NVIDIA's L4
GPU_SHARE = 0.4  # of its peak that a forward pass gets
NODE_GIB = 64
NODE_SHARE = 0.75  # of a query node's memory that indexes may fill
#: Everything of a row but its vector: names, hashes, times, tags, facts.
ROW_BYTES = 512

# A vector.
DIMENSION = 512
FLOAT_BYTES = 4
VECTOR_BYTES = DIMENSION * FLOAT_BYTES
_LINK_BYTES = 4
_ID_BYTES = 8
#: HNSW's M; its lowest layer has twice as many links.
_M = 16
#: Milvus's defaults for DISKANN.
_PQ_RATIO, _CACHE_RATIO, _SECTOR_BYTES = 0.125, 0.1, 4096

# The ledger (docs/scale.md, "One Valkey").
#: What a job takes from its beginning: buckets of ids, events.
JOB_BYTES = 3 * MIB
REMEMBERED, REMEMBERED_BYTES = 500_000, 17
PENDING_CHUNKS = 4096
PENDING_SECONDS, MIN_PENDING_CHUNKS, ENCODE_THREADS = 30, 16, 3
QUERY_QUEUE_BYTES = 256 * MIB


@dataclass(frozen=True)
class Index:
    """Bytes of one vector in a query node's memory, and on its disk."""

    name: str
    memory: float
    disk: float = 0


_LINKS = 2 * _M * _LINK_BYTES + _ID_BYTES + _LINK_BYTES
INDEXES = (
    Index("HNSW", VECTOR_BYTES + _LINKS),
    Index("HNSW_SQ (SQ8)", DIMENSION + _LINKS),
    Index("IVF_SQ8", DIMENSION + _ID_BYTES),
    # A bit for each dimension, and two numbers that correct it.
    Index("IVF_RABITQ", DIMENSION / 8 + 2 * FLOAT_BYTES + _ID_BYTES),
    Index(
        "IVF_RABITQ, refine SQ8",
        DIMENSION / 8 + 2 * FLOAT_BYTES + _ID_BYTES + DIMENSION + _ID_BYTES,
    ),
    # A vector and its links fill a sector of the disk.
    Index("DISKANN", VECTOR_BYTES * (_PQ_RATIO + _CACHE_RATIO), _SECTOR_BYTES),
)


@dataclass(frozen=True)
class LedgerCost:
    """What `make bench-ledger-scale` measured of chunks of a size, after a billion files.

    `processor` in seconds of Valkey's one core, a chunk; the others in bytes, a file.
    """

    processor: float
    log: float
    waiting: float


LEDGER = {
    32: LedgerCost(processor=2012e-6, log=505, waiting=155),
    256: LedgerCost(processor=6933e-6, log=398, waiting=120),
    1000: LedgerCost(processor=22_800e-6, log=386, waiting=116),
}


def gpu_rate(peak: float = GPU_PEAK, share: float = GPU_SHARE) -> float:
    """Images a second of one GPU, of FLOP/s and the share of them that it reaches."""
    return peak * share / FLOP_A_PICTURE


def hours(pictures: int, rate: float) -> float:
    """Hours at so many pictures a second."""
    return pictures / rate / 3600


def memory(index: Index, pictures: int) -> float:
    """Bytes of query nodes' memory, the rows' other fields included."""
    return pictures * (index.memory + ROW_BYTES)


def query_nodes(index: Index, pictures: int) -> int:
    """Query nodes of `NODE_GIB` that hold a collection once."""
    return math.ceil(memory(index, pictures) / (NODE_GIB * GIB * NODE_SHARE))


def object_storage(index: Index, pictures: int) -> float:
    """Bytes in Milvus's object storage: the rows and their index."""
    return pictures * (VECTOR_BYTES + ROW_BYTES + max(index.memory, index.disk))


def job_memory(files: int, failed: float = 0.01, duplicates: float = 0.1) -> float:
    """Bytes that one job of so many files keeps in Redis."""
    remembered = min(REMEMBERED, files * duplicates)
    return JOB_BYTES + remembered * REMEMBERED_BYTES + files * failed * FAILURE_BYTES


def waiting_memory(chunk_size: int) -> float:
    """Bytes of the chunks of one job that may wait at most."""
    return PENDING_CHUNKS * chunk_size * LEDGER[chunk_size].waiting


def valkey_share(rate: float, chunk_size: int) -> float:
    """The share of Valkey's one core that loads of so many images a second take."""
    return rate / chunk_size * LEDGER[chunk_size].processor


def waiting_chunks(encoders: int, chunk_seconds: float) -> int:
    """Chunks of a large load that wait while so many encoders work, in the steady state.

    Each encoder does a chunk in `chunk_seconds`, and works on `ENCODE_THREADS` at once.
    """
    ahead = math.ceil(encoders / chunk_seconds * PENDING_SECONDS)
    pending = min(max(MIN_PENDING_CHUNKS, ahead), PENDING_CHUNKS)
    return max(0, pending - encoders * ENCODE_THREADS)


def encoders_reached(chunk_seconds: float, waiting_per_pod: int, most: int) -> int:
    """How many encoders an autoscaler ends up with during a load without an end."""
    encoders = 1
    while True:
        wanted = min(most, math.ceil(waiting_chunks(encoders, chunk_seconds) / waiting_per_pod))
        if wanted <= encoders:
            return encoders
        encoders = wanted
