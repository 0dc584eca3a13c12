# demo, test, lint, bench: each sets up what it needs first (.ci/setup), once.
# Everything lives in .venv/; `make clean` removes it.

.PHONY: help demo test lint bench clean setup constraints

help:
	@echo "make demo         a simulated procedure through the real loop"
	@echo "make test         lint, types and tests"
	@echo "make lint         lint and types alone"
	@echo "make bench        the benchmarks"
	@echo "make setup        set up alone (.venv/ with the command .venv/bin/cementwatch)"
	@echo "make constraints  choose the newest versions of all dependencies and pin them"
	@echo "make clean        remove .venv/ and everything that was made"

setup:
	@.ci/setup test

demo:
	@.ci/setup demo
	.venv/bin/cementwatch demo

lint:
	@.ci/setup test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

test: lint
	QT_QPA_PLATFORM=offscreen OPENBLAS_NUM_THREADS=1 .venv/bin/pytest -n 2 --dist worksteal

# `make bench` is a short round; whole ones: docs/measurements.md
BENCH_OPTIONS_accuracy ?= --set tune --seeds 1 --out bench-output/accuracy
BENCH_OPTIONS_paint ?= --paints 200
BENCH_OPTIONS_quiet ?= --hours 0.2 --out bench-output/quiet.jsonl

bench:
	@.ci/setup test
	@set -e; for benchmark in latency paint memory source_memory accuracy quiet; do \
		echo "== $$benchmark"; .venv/bin/python -m benchmarks.$$benchmark $(BENCH_OPTIONS_$$benchmark); \
	done

constraints:
	.ci/constraints

clean:
	rm -rf .venv bench-output build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache demo-output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
