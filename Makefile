# What a newcomer types. Every target starts from nothing and is quick the second time.

BIN := .venv/bin
INSTALLED := .venv/.installed
TOOLS := .venv/.tools
TESTS ?= tests
# Coverage is asked of all the tests; a part of them covers less.
MEASURED := $(if $(filter tests,$(TESTS)),--cov)
# One process more than there are cores (tests/conftest.py), and no more than four: each has servers
# and models of its own. Files stay whole, for what their tests share, and in order: the longest
# come first. A process that a test ends is not started again: it would begin that test's file anew,
# and so for ever.
PARALLEL := -n auto --maxprocesses=4 --dist loadfile --no-loadscope-reorder --max-worker-restart=0
# What starts no server and trains nothing: a minute or two, between two edits.
FAST := tests/unit tests/architecture --ignore=tests/unit/worker/training

.DEFAULT_GOAL := help
.PHONY: help demo dev test fast bench install format

help:
	@echo "make demo   read a sample video with the whole system, and show what was found"
	@echo "make dev    run the whole system here, at http://127.0.0.1:8080"
	@echo "make test   every check: governance, format, lint, types, tests"
	@echo "make fast   the tests that need no server, and which of them took longest"
	@echo "make bench  every benchmark, one table: hours, on a machine that does nothing else"
	@echo "make format rewrite the code in its format"

demo: $(INSTALLED)
	@$(BIN)/forgesyte demo

dev: $(INSTALLED)
	@$(BIN)/forgesyte dev

test: $(INSTALLED) $(TOOLS)
	$(BIN)/python -m governance
	$(BIN)/python -m governance pipelines
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest $(PARALLEL) $(MEASURED) --durations=10 $(TESTS)

fast: $(INSTALLED)
	$(BIN)/pytest -q -n auto --dist loadfile --durations=10 $(FAST)

bench: $(INSTALLED)
	$(BIN)/python -m tests.benchmarks

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

install: $(INSTALLED)

$(TOOLS): $(INSTALLED)
	@sh .ci/install tests
	@touch $@

$(INSTALLED): pyproject.toml config/constraints.txt .ci/install
	@sh .ci/install
	@touch $@
