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
	QT_QPA_PLATFORM=offscreen .venv/bin/pytest -n 2

bench:
	@.ci/setup demo
	@set -e; for benchmark in benchmarks/*.py; do \
		[ -e "$$benchmark" ] || { echo "no benchmarks"; break; }; \
		echo "== $$benchmark"; .venv/bin/python "$$benchmark"; \
	done

constraints:
	.ci/constraints

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache demo-output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
