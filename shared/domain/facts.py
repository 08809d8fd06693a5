"""What a picture's file says of how it was taken. It is whatever somebody wrote there."""

from pydantic import Field, field_validator

from shared.domain.base import Frozen

#: The name in an image's stored metadata below which its facts are, and which no metadata may have.
#: No filter of metadata can have it, as it holds a dot.
FACTS_KEY = "lookalike.facts"
#: Characters of a camera's or lens's name.
MAX_NAME = 128
#: Unix microseconds of the years 1826, of the first photograph, to 2099: exact as float64.
EARLIEST, LATEST = -4_544_208_000_000_000, 4_102_444_799_999_999


class Place(Frozen):
    """Degrees north and east in WGS 84."""

    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)


class Facts(Frozen):
    """The facts of one picture; None where its file does not say. `taken_at` is in microseconds.

    Raises ValueError for a value beyond what a collection holds.
    """

    taken_at: int | None = Field(None, ge=EARLIEST, le=LATEST)
    camera: str | None = None
    lens: str | None = None
    gps: Place | None = None

    @field_validator("camera", "lens")
    @classmethod
    def _check_name(cls, name: str | None) -> str | None:
        if name is not None and not (name.isprintable() and 0 < len(name) <= MAX_NAME):
            raise ValueError(f"must be 1 to {MAX_NAME} printable characters")
        return name

    def without_place(self) -> "Facts":
        """The same, but for where it was taken."""
        return self.model_copy(update={"gps": None})


NO_FACTS = Facts()
