"""Facts of pictures as a row of Milvus holds them: in its JSON, under a name of their own.

Columns cannot be added to a collection on the servers that are supported, so collections of earlier
versions would have none.
"""

from typing import Any

from shared.domain.facts import FACTS_KEY, NO_FACTS, Facts, Place
from shared.domain.pixel_hash import is_hash

#: Where the fact of each field of a filter stands below it.
_NAMES = {
    "taken_at": "taken_at",
    "camera": "camera",
    "lens": "lens",
    "gps.lat": "lat",
    "gps.lon": "lon",
}
#: Where the hash of the pixels stands below it.
_PIXELS = "pixels"


def fact_path(field: str) -> str:
    """The path of a fact in an expression."""
    return f'metadata["{FACTS_KEY}"]["{_NAMES[field]}"]'


def stored_fact(facts: Facts, field: str) -> Any:
    """The value of a field of facts; None where the picture has none."""
    return dump_facts(facts).get(_NAMES[field])


def dump_facts(facts: Facts) -> dict[str, Any]:
    """Facts as JSON, without those that are not known."""
    found: dict[str, Any] = {"taken_at": facts.taken_at, "camera": facts.camera, "lens": facts.lens}
    if facts.gps is not None:
        found |= {"lat": facts.gps.lat, "lon": facts.gps.lon}
    return {name: value for name, value in found.items() if value is not None}


def load_facts(stored: Any) -> Facts:
    """The facts of a row; none where something else stands there."""
    if not isinstance(stored, dict):
        return NO_FACTS
    values = {name: stored.get(name) for name in ("taken_at", "camera", "lens")}
    try:
        gps = Place(lat=stored["lat"], lon=stored["lon"]) if "lat" in stored else None
        return Facts(**values, gps=gps)
    except (KeyError, ValueError):
        return NO_FACTS


def dump_pixel_hash(pixel_hash: str | None) -> dict[str, Any]:
    """The hash of a picture's pixels as it stands among its facts."""
    return {} if pixel_hash is None else {_PIXELS: pixel_hash}


def load_pixel_hash(stored: Any) -> str | None:
    """The hash among the facts of a row; None where there is none, or something else."""
    found = stored.get(_PIXELS) if isinstance(stored, dict) else None
    return found if is_hash(found) else None
