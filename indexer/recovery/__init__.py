"""Recovery of what dead or slow processes hold."""
