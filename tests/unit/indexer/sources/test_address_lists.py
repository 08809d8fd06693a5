"""Lists of addresses in files of every kind, also broken ones."""

import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from indexer.sources.address_lists import read_addresses
from shared.errors import JobFailed
from shared.settings import Settings

ADDRESSES = ["https://a.example/1.jpg", "https://b.example/ü 2.jpg", "http://c.example/?q=3,4"]


@pytest.fixture
def root(base_settings: Settings) -> Path:
    return base_settings.image_roots[0]


def read(path: Path, column: str | None, settings: Settings) -> list[str]:
    return [line.strip() for line in read_addresses(str(path), column, settings)]


def write_parquet(path: Path, values: Sequence[object], kind: pyarrow.DataType) -> None:
    column = pyarrow.array(values, kind)
    numbers = pyarrow.array(range(len(values)))
    parquet.write_table(pyarrow.table({"n": numbers, "url": column}), path, row_group_size=2)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(ADDRESSES),
        "\r\n".join(ADDRESSES) + "\r\n",
        "\ufeff" + "\n".join(ADDRESSES),
    ],
)
def test_a_text_has_one_in_each_line(text: str, root: Path, base_settings: Settings) -> None:
    (root / "list.txt").write_text(text, newline="")

    assert read(root / "list.txt", None, base_settings) == ADDRESSES


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_column_of_a_csv_file(delimiter: str, root: Path, base_settings: Settings) -> None:
    rows = [f'{n}{delimiter}"{url}"{delimiter}x' for n, url in enumerate(ADDRESSES)]
    header = delimiter.join(["id", "url", "note"])
    (root / "list.CSV").write_text("\n".join(["\ufeff" + header, *rows, "short"]))

    assert read(root / "list.CSV", "url", base_settings) == ADDRESSES


@pytest.mark.parametrize(
    "kind",
    [
        pyarrow.string(),
        pyarrow.large_string(),
        pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
    ],
)
def test_a_column_of_a_parquet_file(
    kind: pyarrow.DataType, root: Path, base_settings: Settings
) -> None:
    write_parquet(root / "list.parquet", [*ADDRESSES, None], kind)

    assert read(root / "list.parquet", "url", base_settings) == ADDRESSES


@pytest.mark.parametrize("name", ["list.csv", "list.tsv", "list.parquet"])
@pytest.mark.parametrize("column", [None, "address"])
def test_a_column_that_is_not_there(
    name: str, column: str | None, root: Path, base_settings: Settings
) -> None:
    if name.endswith("parquet"):
        write_parquet(root / name, ADDRESSES, pyarrow.string())
    else:
        (root / name).write_text("url,n\nhttps://a.example/1.jpg,1\n")

    with pytest.raises(JobFailed) as failed:
        read(root / name, column, base_settings)
    assert failed.value.code == "column_not_found"


def test_a_column_of_no_text(root: Path, base_settings: Settings) -> None:
    write_parquet(root / "list.parquet", [1, 2], pyarrow.int64())

    with pytest.raises(JobFailed) as failed:
        read(root / "list.parquet", "url", base_settings)
    assert failed.value.code == "column_not_found"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("list.parquet", b"", "source_unreadable"),
        ("list.parquet", b"PAR1" + bytes(100), "source_unreadable"),
        ("list.txt", b"a" * (1 << 21), "source_unreadable"),
        ("list.csv", b"url\n" + b"a" * (1 << 18), "source_unreadable"),
        ("list.csv", b"", "column_not_found"),
    ],
)
def test_a_file_that_is_no_list(
    name: str, content: bytes, code: str, root: Path, base_settings: Settings
) -> None:
    (root / name).write_bytes(content)

    with pytest.raises(JobFailed) as failed:
        read(root / name, "url", base_settings)
    assert failed.value.code == code


def test_a_torn_parquet_file(root: Path, base_settings: Settings) -> None:
    write_parquet(root / "whole.parquet", ADDRESSES, pyarrow.string())
    whole = (root / "whole.parquet").read_bytes()
    middle = len(whole) // 3
    (root / "list.parquet").write_bytes(whole[:4] + bytes(middle) + whole[4 + middle :])

    with pytest.raises(JobFailed):
        read(root / "list.parquet", "url", base_settings)


def test_bytes_that_are_no_text_are_read_all_the_same(root: Path, base_settings: Settings) -> None:
    (root / "list.txt").write_bytes(b"https://a.example/\xff.jpg\nhttps://a.example/1.jpg\n")

    assert read(root / "list.txt", None, base_settings)[1] == "https://a.example/1.jpg"


def test_a_list_outside_the_roots_is_not_read(
    tmp_path: Path, root: Path, base_settings: Settings
) -> None:
    (tmp_path / "list.txt").write_text("https://a.example/1.jpg")
    (root / "list.txt").symlink_to(tmp_path / "list.txt")

    for path in (tmp_path / "list.txt", root / "list.txt"):
        with pytest.raises(JobFailed) as failed:
            read(path, None, base_settings)
        assert failed.value.code == "source_outside_roots"


def test_a_list_that_is_gone(root: Path, base_settings: Settings) -> None:
    with pytest.raises(JobFailed) as failed:
        read(root / "list.txt", None, base_settings)
    assert failed.value.code == "source_missing"


def test_memory_does_not_grow_with_the_list(root: Path, base_settings: Settings) -> None:
    with (root / "list.txt").open("w") as out:
        for n in range(200_000):
            out.write(f"https://pictures.example/of/some/length/{n}.jpg\n")
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_addresses(str(root / "list.txt"), None, base_settings))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert count == 200_000
    assert peak < 4 << 20
