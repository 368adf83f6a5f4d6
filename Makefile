# The two commands of a newcomer are `make run` and `make test`; `make check` is what CI adds.
.DEFAULT_GOAL := run
.PHONY: install install-dev install-programs run test check format bench torture screenshots lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Without their bytecode, every server that a test starts and every worker would compile all of the source anew.
unexport PYTHONDONTWRITEBYTECODE
POSTGRESQL := $(shell ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)

# Debian's python3 comes without venv; root can mend that at once, everybody else is told how.
$(BIN)/python:
	@! command -v $(PYTHON) >/dev/null || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo '$(PYTHON) is older than Python 3.11. Name a newer one: make $(or $(MAKECMDGOALS),run) PYTHON=python3.12'; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then .ci/install python3-venv; \
	  else echo 'Python has no venv here. Run once: sudo apt-get install -y python3-venv'; exit 1; fi; }
	@echo 'Creating the virtual environment $(VENV) …'
	@$(PYTHON) -m venv $(VENV)

UNREACHED := { echo 'Nothing was installed. If pip could not reach the package index (https://pypi.org, or PIP_INDEX_URL):' \
	'check the network and HTTPS_PROXY, then run make again.'; exit 1; }

$(VENV)/installed: $(BIN)/python requirements.lock pyproject.toml client/pyproject.toml
	@$(BIN)/pip --version >/dev/null 2>&1 || { \
	  echo 'The virtual environment $(VENV) is half made; creating it anew …'; $(PYTHON) -m venv --clear $(VENV); }
	@echo 'Installing the locked dependencies into $(VENV); the first time this takes a minute …'
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock || $(UNREACHED)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.lock
	@echo 'Installing what tests need …'
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock || $(UNREACHED)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable ./client
	@touch $@

install: $(VENV)/installed

install-dev: $(VENV)/installed-dev

# What tests start beside us; whatever is absent, its tests are left out. The shell is Chromium without a window, which
# takes half the CPU; without it, pages are tested in Chromium itself.
MISSING := $(if $(POSTGRESQL),,postgresql) \
	$(if $(shell command -v redis-server valkey-server),,redis-server) \
	$(if $(shell command -v chromium-headless-shell),,chromium-headless-shell) \
	$(if $(shell command -v openssl),,openssl) \
	$(if $(shell command -v curl),,curl)
INSTEAD := $(if $(shell command -v chromium chromium-browser),; those of pages run in Chromium)

install-programs:
ifneq ($(strip $(MISSING)),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  .ci/install $(MISSING) || echo 'The tests that need what is missing are left out$(INSTEAD).'; \
	else echo 'Not installed: $(strip $(MISSING)). The tests that need them are left out$(INSTEAD).'; \
	  echo 'To install them: sudo apt-get install -y $(strip $(MISSING))'; fi
endif

run: install
	@echo 'Starting the server; stop it with Ctrl-C.'
	$(BIN)/dealtrace serve

# Two more than cores, since for a third of the time a test waits for timers, locks and retries of servers; each worker
# has a PostgreSQL, a browser and servers of its own, and there are ports for eight.
WORKERS ?= $(shell cores=$$(nproc 2>/dev/null || echo 2); echo $$((cores < 6 ? cores + 2 : 8)))

test: install-dev install-programs
	@echo 'Running the tests …'
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m 'not torture'

check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini

format: install-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install-dev
	@command -v wrk >/dev/null || { [ "$$(id -u)" = 0 ] && .ci/install wrk; }
	$(BIN)/python -m benchmarks

# By default a million random questions of SQLite and 50,000 of PostgreSQL, and 1,000 through HTTP and the command; the
# million takes about an hour of two cores. For fewer: make torture DEALTRACE_TORTURE_QUESTIONS=20000
# DEALTRACE_TORTURE_QUESTIONS_POSTGRESQL=5000, or DEALTRACE_TORTURE_SECONDS=900 for as many as can be asked in that time;
# DEALTRACE_TORTURE_SEED=70001 for other sites. Then the other tests, each on every engine, and properties with all their
# random examples (tests/examples.py).
torture: install-dev install-programs
	$(BIN)/pytest -m torture
	$(BIN)/pytest -n 2 --dist worksteal -m 'not torture' --every-engine

# The pictures of docs/images, taken of the demo with Chromium.
screenshots: install-dev install-programs
	$(BIN)/python tests/screenshots.py

# Made with `uv`, which `pip install uv` brings; versions and hashes only, no addresses.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-strip-extras --extra build pyproject.toml
lock:
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra dev --constraints requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
