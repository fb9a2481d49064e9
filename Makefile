# What a newcomer types. Every target starts from nothing and is quick the second time.

BIN := .venv/bin
INSTALLED := .venv/.installed
TESTS ?= tests

.DEFAULT_GOAL := help
.PHONY: help demo dev test install format

help:
	@echo "make demo   read a sample film with the whole system, and show what was found"
	@echo "make dev    run the whole system here, at http://127.0.0.1:8080"
	@echo "make test   every check: governance, format, lint, types, tests"
	@echo "make format rewrite the code in its format"

demo: $(INSTALLED)
	@$(BIN)/forgesyte demo

dev: $(INSTALLED)
	@$(BIN)/forgesyte dev

test: $(INSTALLED)
	$(BIN)/python -m governance
	$(BIN)/python -m governance pipelines
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest $(TESTS)

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

install: $(INSTALLED)

$(INSTALLED): pyproject.toml config/constraints.txt .ci/install
	@sh .ci/install
	@touch $@
