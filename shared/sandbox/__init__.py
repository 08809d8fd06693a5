"""Decoders as processes of their own, with limits of time, memory and rights."""
