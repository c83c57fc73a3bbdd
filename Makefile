# From a bare checkout with python3 >= 3.11, git and make: `make demo` shows backproof at work, `make test` checks it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 2
# The suite runs a process a core; BLAS threads that spin would take each other's time.
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: help demo test lint types contracts tests test-adapters format notebooks pictures readme requirements clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*## /\t/' | expand -t 16

# One stamp: as long as neither the pins nor the project's metadata change, a second run starts at once.
$(READY): requirements/dev.txt pyproject.toml backproof/_version.py
	@command -v $(PYTHON) >/dev/null || \
	  { echo "There is no Python called $(PYTHON): install python3.11 or newer, or call make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "backproof needs Python 3.11 or newer and found $$($(PYTHON) --version 2>&1): install python3.11, or call make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "This Python has no ensurepip, so it cannot make a virtual environment: install it (Debian and Ubuntu: apt-get install python3-venv)"; exit 1; }
	@echo "Setting up $(VENV) (once; about half a minute) ..."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip --disable-pip-version-check -qq install --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip --disable-pip-version-check -qq install --no-deps --no-build-isolation -e .
	@# Without bytecode SymPy starts five times slower; pip leaves none behind where PYTHONDONTWRITEBYTECODE is set.
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib backproof symbolic numeric gradcheck >/dev/null || true
	@touch $@

demo: $(READY) ## derive, run and measure: the three witnesses on real data
	@$(BIN)/backproof verify
	@echo 'Next: . $(VENV)/bin/activate; then backproof list, backproof derive sigmoid, backproof --help.'

test: lint types contracts tests ## everything that CI runs

lint: $(READY) ## ruff: format and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY) ## mypy --strict
	$(BIN)/mypy

contracts: $(READY) ## who may import whom
	$(BIN)/lint-imports --no-logo

tests: $(READY) ## pytest: tests, doctests, notebooks; first on all workers, then what measures time, alone
	$(BIN)/pytest -q -n $(WORKERS) -m "not serial"
	$(BIN)/pytest -q -m serial

$(VENV)/.adapters: requirements/adapters.txt $(READY)
	@echo "Installing PyTorch, JAX and autograd into $(VENV) ..."
	@$(BIN)/python -m pip --disable-pip-version-check --quiet install -r requirements/adapters.txt
	@touch $@

test-adapters: $(VENV)/.adapters ## gradcheck under PyTorch, JAX and autograd, which this installs
	$(BIN)/pytest -q tests/gradcheck/test_adapters.py

format: $(READY) ## rewrite the code as ruff wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

notebooks: $(READY) ## execute the lessons' scripts into their .ipynb
	$(BIN)/python docs/build_notebooks.py

pictures: $(READY) ## the README's pictures, from real runs
	$(BIN)/python docs/build_pictures.py

readme: $(READY) ## the output of the README's commands, from real runs
	$(BIN)/python docs/build_readme.py

requirements: $(READY) ## pin requirements/dev.txt anew, with hashes and without host names
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --all-extras pyproject.toml requirements/dev.in -o requirements/dev.txt

clean: ## remove what make made
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
