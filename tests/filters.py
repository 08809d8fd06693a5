"""Rows and filters that Hypothesis draws, and what a store and Python make of them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from shared.domain.facts import Facts, Place
from shared.domain.filter import Filter
from shared.domain.image import ImageFilter, ImageRow
from shared.files.uris import file_uri
from shared.store import Images, ImageWriter, matches
from tests.integration.shared.store.samples import make_row, make_vectors

#: What would break out of a string, or be a wildcard in one.
TEXTS = (
    *("a", "A", "ab", "", " ", '"', "'", "\\", '\\"', "a\\", "%", "_", "a%", "a_", "\n", "\\n"),
    *("\t", "\x00", "ä", "漢😀", "\U0010ffff", '" or id != "', '"] or id in ["', "true", "1"),
)
FOLDERS = (
    *("/photos", "/photos/2020", "/photos/2020-old", "/photos/2020/ä b", '/photos/2020/q"\\'),
    *("/photos/100%_", "/photos/100%x", "/photos/2020/a.jpg", "/fotos\n"),
)
KEYS = ("a", "b", "ä", "a b", "%", "_", "true", "x-1", "漢😀", "$")
TIMES = tuple(f"2024-01-0{day}T00:00:00.00000{micro}Z" for day in (1, 2) for micro in (0, 1, 2))
_FIRST = 1_704_067_200_000_000
MOMENTS = tuple(_FIRST + day * 86_400_000_000 + micro for day in (0, 1) for micro in (0, 1, 2))
NUMBERS = (-3, -1, 0, 1, 2, 2**53, -(2**53), -1.5, 0.0, 1.0, 0.1, 1e-7, 1e15)

CAMERAS = ("A", "a", "A ", '"', "\\", "漢😀", "%", "1", "true")
DEGREES = (-90.0, -0.5, 0.0, 0.1, 48.123457, 90.0)

_texts = st.sampled_from(TEXTS)
_numbers = st.sampled_from(NUMBERS)


class Kinds(NamedTuple):
    """What a store is asked: milvus-lite as it comes takes a truth value for a number, and finds
    `not` of a comparison with a missing value unknown."""

    truths: bool = True
    metadata: bool = True


def rows() -> st.SearchStrategy[list[ImageRow]]:
    """Up to twelve rows of different files."""
    values = st.recursive(
        st.none() | st.booleans() | _numbers | _texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
        max_leaves=4,
    )
    fields = st.fixed_dictionaries(
        {
            "uri": st.builds(
                lambda folder, name: file_uri(f"{folder}/{name}.jpg"),
                st.sampled_from(FOLDERS),
                st.integers(0, 5),
            ),
            "sha256": st.sampled_from(["0" * 64, "f" * 64]),
            "width": st.integers(0, 3),
            "bytes": st.sampled_from([0, 2**40, 2**62]),
            "format": st.sampled_from(["jpeg", "png"]),
            "added_at": st.sampled_from(MOMENTS),
            "mtime_ns": st.sampled_from(MOMENTS).flatmap(
                lambda micros: st.integers(micros * 1000, micros * 1000 + 999)
            ),
            "job": _texts,
            "tags": st.lists(_texts, max_size=3, unique=True).map(tuple),
            # A null is there for some versions of a server, and not there for others.
            "metadata": st.dictionaries(st.sampled_from(KEYS), values).map(without_nulls),
            "facts": st.builds(
                Facts,
                taken_at=st.none() | st.sampled_from(MOMENTS),
                camera=st.none() | st.sampled_from(CAMERAS),
                lens=st.none() | st.sampled_from(CAMERAS),
                gps=st.none()
                | st.builds(Place, lat=st.sampled_from(DEGREES), lon=st.sampled_from(DEGREES)),
            ),
        }
    )
    drawn = st.lists(fields, min_size=1, max_size=12, unique_by=lambda row: str(row["uri"]))
    return drawn.map(lambda found: [make_row(n, **row) for n, row in enumerate(found)])


def without_nulls(value: Any) -> Any:
    """The same JSON without the names whose value is null."""
    if isinstance(value, dict):
        return {name: without_nulls(v) for name, v in value.items() if v is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


EVERYTHING = Kinds()


def filters(kinds: Kinds = EVERYTHING) -> st.SearchStrategy[Filter]:
    """Filters of all conditions, nested up to three deep."""
    leaves = st.one_of(
        [_any(name, values) for name, values in _fields(kinds).items()]
        + [_range(name, values) for name, values in _ordered(kinds).items()]
        + [
            st.builds(
                lambda field, exists: {"field": field, "exists": exists},
                st.sampled_from([name for name in _fields(kinds) if _may_lack(name)]),
                st.booleans(),
            ),
            st.sampled_from([*FOLDERS, "file:///photos", "/pho"]).map(lambda f: {"folder": f}),
        ]
    )
    joined = st.recursive(
        leaves,
        lambda inner: st.dictionaries(
            st.sampled_from(["must", "should", "must_not"]),
            st.lists(inner, min_size=1, max_size=3),
            min_size=1,
        ),
        max_leaves=6,
    )
    return joined.map(lambda given: Filter.model_validate({"must": [given]}))


def _fields(kinds: Kinds) -> Mapping[str, st.SearchStrategy[Any]]:
    scalars = _texts | _numbers | st.booleans() if kinds.truths else _texts
    uris = st.builds(lambda folder, name: f"{folder}/{name}.jpg", st.sampled_from(FOLDERS), _digit)
    plain = {
        "id": st.sampled_from([make_row(n).id for n in range(3)]),
        "uri": uris | uris.map(file_uri),
        "sha256": st.sampled_from(["0" * 64, "f" * 64]),
        "format": st.sampled_from(["jpeg", "png", "jpe%"]),
        "tags": _texts,
        "width": st.integers(0, 4),
        "bytes": st.sampled_from([0, 2**40, 2**62, 2.0**40]),
        "added_at": st.sampled_from(TIMES),
        "modified_at": st.sampled_from(TIMES),
        "job": _texts,
    }
    paths = {f"metadata.{key}": scalars for key in KEYS}
    deeper = {"metadata.a.b": scalars, "metadata.ä.a b": scalars}
    found = {**plain, **paths, **deeper} if kinds.metadata else plain
    return {**found, **_FACTS} if kinds == EVERYTHING else found


def _ordered(kinds: Kinds) -> Mapping[str, st.SearchStrategy[Any]]:
    names = ("width", "bytes", "added_at", "modified_at", "taken_at", "gps.lat", "gps.lon")
    found = {name: values for name, values in _fields(kinds).items() if name in names}
    if kinds.metadata:
        found["metadata.a"] = _numbers if kinds.truths else _texts
        found["metadata.b"] = _texts
    return found


_digit = st.integers(0, 5)
_degrees = st.sampled_from([*DEGREES, 0, 90, -1])
_FACTS: Mapping[str, st.SearchStrategy[Any]] = {
    "taken_at": st.sampled_from([*TIMES, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]),
    "camera": st.sampled_from([*CAMERAS, "", "\n"]),
    "lens": st.sampled_from([*CAMERAS, "", "\n"]),
    "gps.lat": _degrees,
    "gps.lon": _degrees,
}


def _may_lack(field: str) -> bool:
    """Whether an image may be without a value of this field."""
    return "." in field or field == "tags" or field in _FACTS


def _any(field: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    given = st.lists(values, min_size=1, max_size=3)
    return given.map(lambda found: {"field": field, "any": found})


def _range(field: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    ends = st.tuples(st.sampled_from(["gt", "gte"]), st.sampled_from(["lt", "lte"]))

    def joined(ends: tuple[str, str], low: Any, high: Any, sides: int) -> dict[str, Any]:
        both = dict(zip(ends, sorted([low, high]), strict=True))
        kept = {name: both[name] for name in (ends, ends[:1], ends[1:])[sides]}
        return {"field": field, "range": kept}

    drawn = st.builds(joined, ends, values, values, st.integers(0, 2))
    return drawn.filter(_is_valid)


def _is_valid(condition: dict[str, Any]) -> bool:
    try:
        Filter.model_validate({"must": [condition]})
    except ValueError:
        return False  # An empty range.
    return True


def agreement(examples: int) -> settings:
    """How often to draw."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


def require_agreement(
    writer: ImageWriter,
    images: Images,
    collection: str,
    drawn: Sequence[ImageRow],
    asked: Sequence[Filter],
) -> int:
    """Assert that a store finds by each filter what Python finds; returns how many rows."""
    writer.upsert(collection, drawn, make_vectors(len(drawn)))
    images.count(collection, ImageFilter())
    ids = {row.id for row in drawn}
    found = 0
    for wanted in asked:
        named = ImageFilter(where=wanted)
        expected = {row.id for row in drawn if matches(row, named)}
        batches = images.iterate(collection, named)
        got = {row.id for batch in batches for row in batch} & ids
        assert got == expected, wanted
        found += len(got)
    return found
