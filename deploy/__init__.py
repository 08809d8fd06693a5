"""Running Lookalike: everything on one machine, and what containers need."""
