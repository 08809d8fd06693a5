"""A picture's bytes decoded to pixels."""
