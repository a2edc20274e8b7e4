"""Benchmarks against other engines: run by `make bench-parity` and `make bench-curation`, never collected by pytest."""
