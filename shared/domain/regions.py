"""The parts of a picture that a collection with regions has vectors of, beside the whole."""

from shared.domain.query import Crop

#: What the parts of a collection are called; another layout would be another name.
LAYOUT = "2x2"
#: The parts of every picture, by their number.
REGIONS = tuple(Crop(x=x, y=y, width=0.5, height=0.5) for y in (0.0, 0.5) for x in (0.0, 0.5))
