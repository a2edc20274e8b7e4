# Everything runs from the clone; `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help setup setup-data setup-spark setup-train setup-s3 setup-hdfs setup-lts demo nlp-demo jdk test test-spark test-slow test-lts fuzz bench-parity bench-curation bench-dedup bench-start bench-assess bench-feedback bench-scores chaos chaos-spark experiments lint check coverage docs release clean

# Tests and benchmarks start hundreds of processes: without bytecode each would compile the package again.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "  make %-14s %s\n", $$1, $$2 }'

setup: ## make .venv ready for everything: packages, Spark with its jars, Horovod, tools (first time 10 to 15 minutes, then nothing)
	@sh cluster/laptop/setup.sh all

setup-data: ## make .venv ready for curating up to the plan, with Python alone (about a minute)
	@sh cluster/laptop/setup.sh data

setup-spark: ## add Spark and Delta's jars to it, for --engine spark; needs a JDK
	@sh cluster/laptop/setup.sh spark

setup-train: ## add torch and Horovod to it; needs a C++ compiler and cmake
	@sh cluster/laptop/setup.sh train

setup-s3: setup-spark ## add the jars by which Spark keeps tables in object storage (640 MB)
	@$(BIN)/python cluster/laptop/jars.py s3

setup-hdfs: setup-spark ## add the jars of a small cluster of HDFS, for its tests alone (40 MB)
	@$(BIN)/python cluster/laptop/jars.py hdfs

setup-lts: jdk ## make .venv-lts: the data half on Spark 3.5, which many sites stay on, and Spark NLP with its jars (2 GB)
	@sh cluster/lts/setup.sh

demo: ## set up what is missing, run two rounds of the loop on text that is already on this machine, and show where the report is
	@sh cluster/laptop/setup.sh demo

nlp-demo: setup-lts ## fit a Chinese segmenter and tagger, annotate documents of both languages, then those of `make demo`, on Spark 3.5 (a quarter of an hour)
	@.venv-lts/bin/python cluster/lts/demo.py

jdk:
	@sh cluster/laptop/jdk.sh

SEAM := tests/unit/runtime/storage tests/unit/runtime/engines/test_explain.py tests/unit/assess/test_measure.py
BOTH := tests/unit tests/conformance tests/oracle tests/integration/test_incremental_runs.py

LTS := tests/unit/core tests/unit/curate tests/unit/states tests/unit/runtime/storage

test: jdk lint ## run what `make lint` runs, all tests but the slow ones, then the catalog and its seam on Spark, as continuous integration does
	@$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile --durations=15
	@$(BIN)/python -m pytest -m "(spark or engine) and not slow" --engine spark -n 2 --dist loadfile --durations=15 $(SEAM)

test-spark: setup ## run on Spark what both engines must pass (half an hour)
	@$(BIN)/python -m pytest -m "(spark or engine) and not slow" --engine spark -n 2 --dist loadfile --durations=15 $(BOTH)

test-slow: setup setup-s3 setup-hdfs ## run the tests that take minutes each: a cluster, killed drivers, object storage (680 MB of jars)
	@$(BIN)/python -m pytest -m slow --durations=15

test-lts: setup-data setup-lts ## run the data half on Spark 3.5: the tables of the embedded engine hash for hash, and the tests of steps and storage
	@.venv-lts/bin/python -m pytest --engine spark -n 2 --dist loadfile --durations=15 tests/lts
	@.venv-lts/bin/python -m pytest -m "(spark or engine) and not slow and not train" --engine spark -n 2 --dist loadfile $(LTS)

fuzz: setup ## run the tests of properties on new random examples, three times as many (ten minutes)
	@$(BIN)/python -m pytest -m "hypothesis and not slow" --hypothesis-profile new -n 2 --dist loadfile

bench-parity: setup ## compare signals and verdicts with datatrove and dolma on 12,000 documents and on edge cases (half an hour)
	@$(BIN)/python -m tests.bench.parity

bench-curation: setup ## time curation against datatrove and Data-Juicer, alone up to 4 GB, and reading (an hour of a quiet machine, 20 GB of disk)
	@$(BIN)/python -m tests.bench.curation_speed
	@$(BIN)/python -m tests.bench.collect_speed
	@$(BIN)/python -m tests.bench.encodings

bench-dedup: setup ## time deduplication against datatrove, Data-Juicer and Daft, and alone up to 4 GB (hours of a quiet machine, 40 GB of disk)
	@$(BIN)/python -m tests.bench.dedup_speed

bench-start: setup ## time the first commands of a new user: twenty rows curated, and what reads a workspace (five minutes)
	@$(BIN)/python -m tests.bench.first_minutes

bench-assess: setup ## time assessments of texts and of a table of 1e7 rows, beside great_expectations and PyDeequ (half an hour, 6 GB of disk)
	@$(BIN)/python -m tests.bench.assess_speed

bench-scores: setup ## hold learned scores beside fastText and KenLM on the same texts: held-out texts told apart, speed of a core (ten minutes)
	@$(BIN)/python -m tests.bench.scores

bench-feedback: setup ## time states and plans of up to 4e7 events; hold states, sampler, label errors and killed trainings to their lines (an hour)
	@$(BIN)/python -m tests.bench.states
	@$(BIN)/python -m tests.bench.sampler
	@$(BIN)/python -m tests.bench.feedback_speed
	@$(BIN)/python -m tests.bench.logging_overhead
	@$(BIN)/python -m tests.bench.label_errors
	@$(BIN)/python -m tests.bench.exactly_once

chaos: setup ## plant 100 faults into curation and planning (kills, full disks, clocks, failing storage, two commands at once), and compare what is left (half an hour)
	@$(BIN)/python -m tests.bench.chaos

chaos-spark: setup setup-s3 ## plant 100 faults into curation of 1 GB on a cluster of Spark: its hosts, links, disks, clocks and storage too (hours; needs root)
	@$(BIN)/python -m tests.bench.chaos_spark

experiments: setup ## see whether feedback pays: arms from one checkpoint on a delivery with planted junk, five seeds (90 minutes of two cores)
	@$(BIN)/python -m tests.bench.effect
	@$(BIN)/python -m tests.bench.effect_loop --seeds 0
	@$(BIN)/python -m tests.bench.noise

lint: setup ## run ruff, mypy and the import contracts (half a minute)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

check: lint ## run what `make lint` runs, and the unit tests without Spark (under 3 minutes)
	@$(BIN)/python -m pytest -q -m "not spark and not train" tests/unit tests/architecture

docs: setup ## build the documentation into dist/docs; broken links are refused
	@$(BIN)/python -m mkdocs build --quiet
	@echo dist/docs/index.html

coverage: setup ## print how much of the code the unit tests reach, the least covered modules first; compiled loops count where Python runs them
	@$(BIN)/coverage run -m pytest -q -m "not train and not slow" tests/unit
	@$(BIN)/coverage report

release: setup ## build wheel and sdist in dist/: the wheel curates a file in an empty environment, the sdist builds that wheel
	@rm -f dist/*.whl dist/*.tar.gz
	@$(BIN)/hatchling build -d dist
	@$(BIN)/python -m pytest -q tests/integration/test_wheel.py --dist-folder dist

clean: ## remove what was built here (.venv, .venv-lts, caches, dist); workspaces and the cached Horovod wheel stay
	rm -rf .venv .venv-lts dist .pytest_cache .mypy_cache .ruff_cache .coverage .hypothesis .import_linter_cache metastore_db spark-warehouse derby.log
	find lib jobs tests cluster -name __pycache__ -type d -prune -exec rm -rf {} +
