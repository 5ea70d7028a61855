# make up: run Sojourn. make test, check, bench, dev: for those who build it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# What the front end is built from; everything in frontend/ but what npm puts there.
FRONTEND := $(shell find frontend -name node_modules -prune -o -type f -print 2>/dev/null)

.PHONY: up dev assets test check bench fuzz lock docs stories screenshots clean

up: $(VENV)/.runtime $(VENV)/.assets
	@$(BIN)/sojourn up

dev: $(VENV)/.dev $(VENV)/.assets
	@echo "Ready: . $(BIN)/activate"

assets: $(VENV)/.assets

test: $(VENV)/.dev $(VENV)/.assets
	@$(BIN)/python -m tests

check: $(VENV)/.dev $(VENV)/.assets
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q . || { echo "Run: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/python -m mypy src/sojourn
	@$(BIN)/lint-imports --no-cache
	@sh tools/frontend "$(VENV)" check
	@$(BIN)/python -m sojourn.runtime.checks

fuzz: $(VENV)/.dev
	@$(BIN)/python -m tests.capture.fuzz "$(PROTOCOL)" "$(or $(FUZZ_MINUTES),10)"

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks $(PARTS)

docs: $(VENV)/.dev
	@$(BIN)/python -m sojourn.runtime.reference

stories: $(VENV)/.dev
	@$(BIN)/python -m tests.stories.rewrite

screenshots: $(VENV)/.dev $(VENV)/.assets
	@$(BIN)/python -m tests.browser.screenshots

$(VENV)/bin/python:
	@sh tools/venv "$(PYTHON)" "$(VENV)"

$(VENV)/.runtime: $(VENV)/bin/python requirements.lock pyproject.toml
	@sh tools/install "$(VENV)" requirements.lock
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements-dev.lock pyproject.toml
	@sh tools/install "$(VENV)" requirements-dev.lock
	@touch $@ $(VENV)/.runtime

$(VENV)/.assets: $(VENV)/bin/python tools/frontend $(FRONTEND)
	@sh tools/frontend "$(VENV)"
	@touch $@

# Needs `uv` on the path. The lock files name no index and hold a hash for every file.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q pyproject.toml --group dev --group bench --group build -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q pyproject.toml --group build -c requirements-dev.lock -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q --group node -c requirements-dev.lock -o requirements-node.lock

clean:
	rm -rf $(VENV) frontend/node_modules .mypy_cache .ruff_cache .hypothesis .import_linter_cache
