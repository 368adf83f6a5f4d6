"""Benchmarks of speed and memory, run by `make bench`; docs/performance.md has results and explains them."""
