"""How well each descriptor finds what belongs together, on pictures of one's own."""
