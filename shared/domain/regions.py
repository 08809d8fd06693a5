"""The parts of a picture that a collection with regions has vectors of, beside the whole."""

from shared.domain.query import Crop

#: What the parts of a collection are called; another layout would be another name.
LAYOUT = "quarters+middle"
#: The parts of every picture, by their number: its quarters, and as much of its middle.
REGIONS = tuple(
    Crop(x=x, y=y, width=0.5, height=0.5)
    for x, y in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5), (0.25, 0.25))
)
