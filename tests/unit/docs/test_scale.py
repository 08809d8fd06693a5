"""docs/scale.md: tables are computed, rates were measured, settings are the defaults."""

import re

import pytest

from shared.domain.collection import IndexSpec
from shared.domain.fingerprint import DIMENSION
from shared.ledger.chunks import MAX_REMEMBERED
from shared.settings import Settings
from shared.store.schema import complete_index
from tests.benchmarks import sizes, sizes_tables

DOCUMENT = sizes_tables.DOCUMENT.read_text()
MEASURED = (sizes_tables.DOCUMENT.parent / "performance.md").read_text()


def default(name: str) -> object:
    return Settings.model_fields[name].default


def test_tables_are_what_the_arithmetic_says() -> None:
    """Else run `python -m tests.benchmarks.sizes_tables`."""
    assert sizes_tables.filled(DOCUMENT) == DOCUMENT


def test_a_table_without_marks_is_missed() -> None:
    with pytest.raises(ValueError, match="summary"):
        sizes_tables.filled("nothing")


@pytest.mark.parametrize(
    "figure",
    [
        f"{sizes.INT8_RATE} images/s",
        f"{sizes.BFLOAT16_RATE} images/s",
        f"{sizes.UNCHANGED_RATE:,} images/s",
        f"{sizes.SCAN_RATE:,} files/s",
        f"{sizes.DECODE_SECONDS * 1000:.1f} ms",
        f"{sizes.FAILURE_BYTES} bytes each",
        f"{sizes.MOVE_BYTES} bytes of each",
        f"{sizes.HNSW_GIB_A_MILLION} GiB for a",
    ],
)
def test_rates_are_those_of_the_measurements(figure: str) -> None:
    assert figure in " ".join(MEASURED.split())


def test_constants_are_the_settings_defaults() -> None:
    assert default("max_pending_chunks") == sizes.PENDING_CHUNKS
    assert default("min_pending_chunks") == sizes.MIN_PENDING_CHUNKS
    assert default("pending_seconds") == sizes.PENDING_SECONDS
    assert default("encode_threads") == sizes.ENCODE_THREADS
    assert Settings(query_queue_mb=256).query_queue_bytes == sizes.QUERY_QUEUE_BYTES
    assert default("query_queue_mb") == 256
    assert sizes.REMEMBERED == MAX_REMEMBERED
    assert sizes.DIMENSION == DIMENSION
    assert complete_index(IndexSpec(type="HNSW")).params["M"] == 16
    # The default, and the largest that the setting takes.
    assert default("chunk_size") == min(sizes.LEDGER)
    Settings(chunk_size=max(sizes.LEDGER))


def test_hnsw_is_as_large_as_it_was_measured() -> None:
    [hnsw] = [index for index in sizes.INDEXES if index.name == "HNSW"]
    measured = sizes.HNSW_GIB_A_MILLION * sizes.GIB / 10**6
    assert hnsw.memory == pytest.approx(measured, rel=0.05)


def test_bytes_of_an_index_are_those_of_the_text() -> None:
    for index in sizes.INDEXES:
        assert f"{index.memory:,.0f}" in DOCUMENT, index.name


def test_a_collection_fits_its_query_nodes() -> None:
    room = sizes.NODE_GIB * sizes.GIB * sizes.NODE_SHARE
    for index in sizes.INDEXES:
        for pictures in sizes.PICTURES:
            nodes = sizes.query_nodes(index, pictures)
            assert (nodes - 1) * room < sizes.memory(index, pictures) <= nodes * room


def test_what_is_said_of_gpus_follows_from_the_formula() -> None:
    rate = sizes.gpu_rate()
    assert rate == pytest.approx(sizes.GPU_PEAK * sizes.GPU_SHARE / sizes.FLOP_A_PICTURE)
    assert f"{round(rate, -1):,.0f} images/s" in DOCUMENT
    assert f"cores, {rate * sizes.DECODE_SECONDS:.1f} for" in DOCUMENT
    assert f"{round(rate * 0.5, -1):.0f} MB/s" in DOCUMENT
    # Nobody is to take them for measurements.
    for line in DOCUMENT.splitlines():
        if line.startswith("|") and "GPU" in line and "---" not in line:
            assert "assumed" in line, line
    assert "Nothing here was\nmeasured on a GPU" in DOCUMENT


def test_a_job_keeps_what_its_failures_take() -> None:
    none = sizes.job_memory(0)
    assert sizes.job_memory(10**9) - sizes.job_memory(10**8) == pytest.approx(9 * 10**6 * 49)
    assert none == sizes.JOB_BYTES
    # As measured: ten million files, 16.1 MiB.
    assert "| 10 million | 16.1 MiB" in MEASURED
    assert sizes.job_memory(10**7) / sizes.MIB == pytest.approx(16.1, rel=0.05)


@pytest.mark.parametrize("seconds", [0.3, 1.0, 2.9, 4.0, 7.0, 20.0])
@pytest.mark.parametrize("waiting", [1, 4, 8])
def test_an_autoscaler_ends_where_the_rule_says(seconds: float, waiting: int) -> None:
    reached = sizes.encoders_reached(seconds, waiting, 64)
    if 30 / seconds - sizes.ENCODE_THREADS > waiting:
        assert reached == 64
    else:
        # Only the sixteen chunks that always may wait call for more.
        assert reached <= -(-sizes.MIN_PENDING_CHUNKS // waiting)


def test_chunks_of_large_loads_never_exceed_the_limit() -> None:
    assert sizes.waiting_chunks(10_000, 0.1) == 0
    assert sizes.waiting_chunks(100, 0.1) == sizes.PENDING_CHUNKS - 300


def test_prose_about_hours_agrees_with_the_rates() -> None:
    assert f"{sizes.hours(10**6, sizes.INT8_RATE):.1f} hours on two" in " ".join(DOCUMENT.split())
    scan = sizes.hours(10**9, sizes.SCAN_RATE)
    assert f"{scan:.0f} hours of it for a billion" in " ".join(DOCUMENT.split())
    assert re.search(r"four indexers with four jobs take two and a half", DOCUMENT)
    assert 2 <= scan / 4 <= 2.5
