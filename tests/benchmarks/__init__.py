"""What Lookalike costs, measured: `python -m tests.benchmarks [name …]` or `make bench`."""
