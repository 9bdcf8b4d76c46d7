# One task runner for people and for CI. Works with GNU make 3.81.
.DEFAULT_GOAL := help
SHELL := /bin/sh

# The first Python that is new enough, unless PYTHON names one.
ifndef PYTHON
PYTHON := $(shell for python in python3.13 python3.12 python3.11 python3; do \
	if command -v $$python >/dev/null 2>&1 && \
	   $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then echo $$python; break; fi; done)
endif

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SERVE ?= 1
HOST ?= 127.0.0.1
PORT ?= 8050
RUNS ?= runs
PYTEST_ARGS ?=

.PHONY: help demo test check format lint types layers wheel schemas demonstration screenshots clean

help: ## Show what this file can do
	@echo "make demo            install, run the made-up county, open it in the browser"
	@echo "make demo SERVE=0    the same, and stop after the run"
	@echo "make test            install and run every test this machine makes possible"
	@echo "make check           format, lint, types, layers, all tests, the wheel: what CI runs"
	@echo "make format          rewrite the code in the one format"
	@echo "make soak            the long checks, outside CI"
	@echo "make bench           measure speed against the peers; writes docs/benchmarks.md"
	@echo "make validation      make the figures of docs/validation.md again (needs the real data)"
	@echo "make schemas         write the JSON schemas and the settings reference again"
	@echo "make demonstration   make the demonstration county again from its script"
	@echo "make screenshots     take the pictures of the README again (needs the real data)"
	@echo "make clean           remove .venv and build folders; runs stay"

# --- installation ---------------------------------------------------------------------------
.venv/ready:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer is needed. On Debian or Ubuntu:"; \
		echo "    sudo apt-get install python3 python3-venv"; \
		echo "On macOS:"; \
		echo "    brew install python@3.12"; \
		exit 2; fi
	@if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
		echo "PYTHON=$(PYTHON) is not Python 3.11 or newer; name one that is, or leave PYTHON unset."; \
		exit 2; fi
	@if ! $(PYTHON) -c 'import ensurepip, venv' >/dev/null 2>&1; then \
		echo "$(PYTHON) has no venv module. On Debian or Ubuntu:"; \
		echo "    sudo apt-get install $$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"; \
		exit 2; fi
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/runtime: .venv/ready requirements.txt pyproject.toml
	@echo "Installing what the service needs into .venv (about a minute the first time)"
	@$(PIP) install -r requirements.txt
	@$(PIP) install --no-deps --editable .
	@touch $@

.venv/dev: .venv/runtime requirements-dev.txt
	@echo "Installing what the tests need into .venv"
	@$(PIP) install -r requirements-dev.txt
	@touch $@

# --- for users ------------------------------------------------------------------------------
demo: .venv/runtime ## Run the demonstration county and serve it
	@$(BIN)/hotspots run --config config/risk.yaml --inputs config/inputs.yaml --out $(RUNS)
ifeq ($(SERVE),0)
	@echo "Done. To look at it: $(BIN)/hotspots serve --runs $(RUNS)"
else
	@$(BIN)/hotspots serve --runs $(RUNS) --host $(HOST) --port $(PORT) --open
endif

# --- for developers -------------------------------------------------------------------------
test: .venv/dev ## Run every test that this machine makes possible
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: format-check lint types layers ## What CI runs: nothing may be skipped
	@HOTSPOTS_NO_SKIPS=1 $(MAKE) test
	@$(MAKE) wheel

.PHONY: format-check
format-check: .venv/dev
	@$(BIN)/ruff format --check .

format: .venv/dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lint: .venv/dev
	@$(BIN)/ruff check .

types: .venv/dev
	@$(BIN)/mypy

layers: .venv/dev
	@$(BIN)/lint-imports

wheel: .venv/dev ## Build the wheel and use it from a clean environment
	@$(BIN)/python tests/repo/wheel_check.py

schemas: .venv/dev
	@$(BIN)/python -m risk_model.config.schema

# Peers live in an environment of their own: numba would change what the others import.
.venv-bench/ready: .venv/ready requirements.txt pyproject.toml
	@$(PYTHON) -m venv --clear .venv-bench
	@.venv-bench/bin/python -m pip --disable-pip-version-check --quiet install -r requirements.txt pytest hypothesis
	@.venv-bench/bin/python -m pip --disable-pip-version-check --quiet install --editable '.[bench]'
	@touch $@

.PHONY: bench
bench: .venv-bench/ready ## Measure against the peers and write docs/benchmarks.md
	@.venv-bench/bin/python -m pytest tests/benchmarks -o python_files='bench_*.py' \
		-o python_functions='bench_*' --benchmark-only --benchmark-json=benchmark.json
	@.venv-bench/bin/python tests/benchmarks/write_table.py benchmark.json docs/benchmarks.md

.PHONY: soak
soak: .venv/dev ## The long checks: new examples for every law, 10,000 mangled files, calibration
	@HOTSPOTS_FUZZ=1 HOTSPOTS_FUZZ_EXAMPLES=10000 $(BIN)/python -m pytest tests/property
	@$(BIN)/hotspots calibrate

.PHONY: validation
validation: .venv/runtime ## Calibrate, back-test and run on real data; writes docs/validation.md
	@$(BIN)/hotspots validate --data-root $(or $(HOTSPOTS_SHARED_DATA),../shared/data)

demonstration: .venv/runtime
	@$(BIN)/python data/make_demonstration.py

screenshots: .venv/dev
	@HOTSPOTS_WRITE_SCREENSHOT=1 $(BIN)/python -m pytest tests/e2e -m "browser and real_data"

clean:
	rm -rf .venv .venv-bench build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
