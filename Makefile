# make up: run Sojourn. make test, check, bench, dev: for those who build it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: up dev test check bench lock docs stories clean

up: $(VENV)/.runtime
	@$(BIN)/sojourn up

dev: $(VENV)/.dev
	@echo "Ready: . $(BIN)/activate"

test: $(VENV)/.dev
	@$(BIN)/python -m pytest

check: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q . || { echo "Run: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/python -m mypy src/sojourn
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m sojourn.runtime.checks

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks $(PARTS)

docs: $(VENV)/.dev
	@$(BIN)/python -m sojourn.runtime.reference

stories: $(VENV)/.dev
	@$(BIN)/python -m tests.stories.rewrite

$(VENV)/bin/python:
	@sh tools/venv "$(PYTHON)" "$(VENV)"

$(VENV)/.runtime: $(VENV)/bin/python requirements.lock pyproject.toml
	@sh tools/install "$(VENV)" requirements.lock
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements-dev.lock pyproject.toml
	@sh tools/install "$(VENV)" requirements-dev.lock
	@touch $@ $(VENV)/.runtime

# Needs `uv` on the path. The lock files name no index and hold a hash for every file.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q pyproject.toml --group dev --group bench --group build -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q pyproject.toml --group build -c requirements-dev.lock -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .import_linter_cache
