"""Turns pictures into vectors: the only package that loads a neural network."""
