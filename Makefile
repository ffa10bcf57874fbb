# Every target works on a machine that has only Python >= 3.11, make and the package index: it first creates
# .venv, or uses the one that is there, and installs the extras it needs, once.

PYTHON ?= python3
VENV   ?= .venv
JOBS   ?= auto
python := $(VENV)/bin/python
pytest := $(python) -m pytest --numprocesses $(JOBS) --dist worksteal
tested := $(VENV)/tested
needs_311 := import sys; sys.version_info >= (3, 11) or sys.exit( \
    "chalkgrad needs Python 3.11 or newer, and this is %s at %s.\n" % (sys.version.split()[0], sys.executable) + \
    "Name a newer one, for example: make PYTHON=python3.12, after removing $(VENV) if an older one made it.")

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PRECIOUS: $(VENV)/installed-%
.PHONY: help demo check test test-all benchmark lint clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/installed-labs ## Train two networks and draw what happened into out/quickstart/ (a minute)
	$(python) -m examples

check: lint ## Lint, types and fast tests with few examples (a minute and a half; for every commit)
	$(pytest) --hypothesis-profile=quick tests

test: lint ## The whole suite but its slow tests: examples of README and docstrings too (under ten minutes)
	@rm -f $(tested)
	$(pytest) --cov --cov-report=
	@touch $(tested)

test-all: $(tested) ## All of `make test`, unless it just passed, and the slow tests; each package's coverage >= 95 %
	$(pytest) -m slow --cov --cov-append --cov-report=term --least-coverage=95

benchmark: $(VENV)/installed-labs ## Time training steps against hand-derived NumPy
	$(python) -m benchmarks

lint: $(VENV)/installed-test ## ruff and mypy --strict
	$(python) -m ruff check
	$(python) -m mypy

clean: ## Remove what was built and drawn; the environment stays
	rm -rf out build dist *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache
	rm -f .coverage .coverage.* $(tested)
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +

install-%: $(VENV)/installed-% ; @: ## Install one extra of setup.cfg, for example install-oracle

# Two workers with a thread per core each would only get in each other's way.
check test test-all: export OMP_NUM_THREADS = 1
check test test-all: export OPENBLAS_NUM_THREADS = 1

# Passed once, on these very files and extras: `make test-all` then runs only what is left.
sources := autodiff nn datasets examples benchmarks tests docs README.md LICENSE Makefile setup.cfg pyproject.toml
$(tested): $(shell find $(wildcard $(sources)) -type f -not -name '*.pyc') $(wildcard $(VENV)/installed-*)
	@$(MAKE) --no-print-directory test

$(VENV)/installed-%: setup.cfg pyproject.toml | $(python)
	@$(python) -c '$(needs_311)'
	@$(python) -m pip --version >/dev/null 2>&1 || $(python) -m ensurepip
	$(python) -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

$(python):
	@$(PYTHON) -c '$(needs_311)'
	$(PYTHON) -m venv $(VENV)
