# Everything a newcomer needs: `make run` and `make test`. Needs Python >= 3.11 and make, nothing else.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
SEEDS  ?= 2000
UV_PIN := uv==0.13.9
ROOT_OR_SUDO := $$([ "$$(id -u)" = 0 ] || (command -v sudo >/dev/null && sudo -n true 2>/dev/null && echo sudo -n) || echo false)

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test simulate check fmt migrate bench messages clean browser

help: ## show this help
	@echo "Reskontro. Begin with: make run"
	@echo
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'
	@echo
	@echo "Settings by environment, e.g. RESKONTRO_PORT=8010 make run; all of them: docs/configuration.md"

setup: $(VENV)/.ready ## make the environment only
	@echo "The environment is in $(VENV). Next: make run"

run: $(VENV)/.ready ## everything: database, sandbox, web, worker, clock; prints URL and logins
	@exec $(BIN)/reskontro run

test: $(VENV)/.ready-dev browser ## everything it needs, then the whole suite
	$(BIN)/python -m pytest -n 3 --dist worksteal $(TESTS)

simulate: $(VENV)/.ready-dev ## play SEEDS histories of outward acts with dying workers and bad lines; the suite plays a few of them
	PYTHONPATH=tests:src $(BIN)/python -m simulation --seeds $(SEEDS)

check: $(VENV)/.ready-dev ## format, lint, types, import contracts, migrations, catalogue, house tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -p no:cacheprovider $(wildcard tests/test_migrations.py tests/house tests/web/test_i18n.py)

fmt: $(VENV)/.ready-dev ## format the code and sort imports
	$(BIN)/ruff check --select I --fix .
	$(BIN)/ruff format .

migrate: $(VENV)/.ready ## bring the database to the newest schema
	@$(BIN)/reskontro migrate

bench: $(VENV)/.ready-dev ## measure; writes bench/report.json (FULL=1: with a million claims, half an hour)
	$(BIN)/python bench/run.py $(if $(FULL),--full)

messages: $(VENV)/.ready-dev ## put new texts in the Norwegian catalogue, and list those to translate
	$(BIN)/python -m app.web.catalogue

clean: ## remove environment, caches and the local database
	@if [ -e .data/run.json ] && kill -0 $$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' .data/run.json) 2>/dev/null; \
	then echo "Reskontro is running here; stop it first."; exit 1; fi
	rm -rf $(VENV) .data .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests migrations -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment: made once, and again only when a lock file or pyproject.toml changes -------------------------------------------

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON). Install Python 3.11 or newer, or say which: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is $$($(PYTHON) -V 2>&1); Reskontro needs Python 3.11 or newer. Say which to use: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv module; trying to install it ..."; \
	  $(ROOT_OR_SUDO) apt-get install -y -q python3-venv >/dev/null 2>&1 || \
	  { echo "Could not. As root: apt-get install python3-venv    (or use another Python: make PYTHON=/path/to/python3)"; exit 1; }; }
	@echo "Making the environment in $(VENV) ..."
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)

# exactly what the lock file says, by uv where it can be had (seconds), else by pip (a minute)
define install
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV_PIN) 2>/dev/null || true
	@{ [ -x $(BIN)/uv ] && $(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python $(1); } || \
	  { echo "uv cannot be used here; pip does it."; $(BIN)/python -m pip install --quiet --require-hashes -r $(1); }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q src  # five processes start at once: none of them should have to compile first
	@touch $@
endef

$(VENV)/.ready: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing ..."
	$(call install,$$([ -e $(VENV)/.ready-dev ] && echo requirements-dev.lock || echo requirements.lock))

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready
	@echo "Installing the development tools ..."
	$(call install,requirements-dev.lock)

browser:
	@command -v chromium >/dev/null || { \
	  echo "Debian's chromium is missing; trying to install it for the browser tests ..."; \
	  run="$(ROOT_OR_SUDO)"; { $$run apt-get update -q && $$run apt-get install -y -q chromium chromium-l10n; } >/dev/null 2>&1 || \
	  echo "*** NO CHROMIUM: THE BROWSER TESTS WILL BE SKIPPED. As root: apt-get install chromium chromium-l10n ***"; }
