"""These tests are about Spark 3.5: any other environment collects none of them. `make test-lts` runs them."""

from pyspark import __version__

collect_ignore_glob = [] if __version__.startswith("3.5.") else ["test_*.py"]
