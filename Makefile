# Every target makes what it needs: a fresh clone needs only Python 3.11 or later and make.
PYTHON ?= python3
PYTEST_ARGS ?=
SAMVERKAN_ARGS ?=
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

BIN := .venv/bin
LOCKED := .venv/.locked
INSTALLED := .venv/.installed
CLUSTER := .venv/cluster/.installed
PACKAGES := schemas pipelines assets
PINNED := --universal --python-version 3.11 --generate-hashes --no-strip-extras \
    --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet

.PHONY: demo test lint format coverage bench docs ui lock clean help

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile

demo: $(INSTALLED)  ## simulate a city, publish it, say where the report is
	$(BIN)/samverkan demo $(SAMVERKAN_ARGS)

test: $(INSTALLED) $(CLUSTER)  ## all tests; PYTEST_ARGS are passed on
	$(BIN)/pytest $(SIDE_BY_SIDE) $(PYTEST_ARGS)

lint: $(INSTALLED)  ## style, types, layers, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict $(PACKAGES)
	$(BIN)/lint-imports
	$(BIN)/codespell README.md CHANGELOG.md CONTRIBUTING.md docs $(PACKAGES) tests

format: $(INSTALLED)  ## rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

coverage: $(INSTALLED) $(CLUSTER)  ## tests with the branches they do not reach
	$(BIN)/pytest $(SIDE_BY_SIDE) --cov --cov-report=term-missing:skip-covered --cov-report=html $(PYTEST_ARGS)

bench: $(INSTALLED)  ## time ingest and indicators beside other ways; writes docs/performance.md
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/indicators.py
	$(BIN)/python benchmarks/target_group.py

docs: $(INSTALLED)  ## rewrite docs/reference from the contracts and the registry
	$(BIN)/python -m pipelines.documentation

ui: $(INSTALLED)  ## Dagster's web pages on this machine only
	$(BIN)/samverkan ui

lock:  ## pin every package again, with hashes and without addresses; needs uv
	uv pip compile pyproject.toml --extra dev $(PINNED) --output-file requirements.lock
	uv pip compile pyproject.toml --extra dev --extra cluster $(PINNED) \
	    --constraint requirements.lock --output-file requirements-cluster.lock \
	    $$(sed -nE 's/^([a-z0-9._-]+)[^ ]*==.*/--no-emit-package \1/p' requirements.lock)

clean:  ## remove the environment and every cache; the data folder stays
	rm -rf .venv build dist htmlcov .coverage .hypothesis .import_linter_cache
	rm -rf .mypy_cache .pytest_cache .ruff_cache *.egg-info
	find $(PACKAGES) tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Python 3.11 or later is needed: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv

$(LOCKED): requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    --require-hashes --requirement requirements.lock
	@touch $@

$(INSTALLED): pyproject.toml $(LOCKED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    --no-deps --no-build-isolation --editable .
	@touch $@

# Apart from the rest, because pandera imports PySpark wherever it finds it.
$(CLUSTER): requirements-cluster.lock $(LOCKED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
	    --no-build-isolation --upgrade --target .venv/cluster --requirement requirements-cluster.lock
	@touch $@
