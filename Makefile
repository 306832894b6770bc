# Member Platform. `make help` lists the commands.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup up down status logs dev join leave admin demo-data reset test lint typecheck fmt unit lua e2e browser coverage bench-verify lock clean

PYTHON := .venv/bin/python
PLATFORM := $(PYTHON) -P -m platform_standalone
INSTALLED := test -x $(PYTHON) || { echo "Nothing is installed yet. Run make up first." >&2; exit 1; }

# Variables for users: PORT (and MEMBER_PORT, …), EDGE_HOST, PLATFORM_STATE; SERVICE, a component or a joined service; FILE,
# a manifest; TEST, what to test. They are passed by the environment, so that a folder's name may contain spaces.
export PORT EDGE_HOST PLATFORM_STATE DEMO_DATA SERVICE FILE TEST

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9 -]+:.*## / { printf "  make %-26s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install everything for development into .venv
	@scripts/bootstrap.sh dev

up: ## install what is missing, start the platform and print its address (PORT=9000 make up)
	@scripts/bootstrap.sh up
	@$(PLATFORM) up

down: ## stop the platform; its data is kept
	@$(INSTALLED); $(PLATFORM) down

status: ## show the components: address, pid, health, restarts, log file
	@$(INSTALLED); $(PLATFORM) status

logs: ## follow the logs of one component (SERVICE=auth) or of all
	@$(INSTALLED); $(PLATFORM) logs "$$SERVICE" || case $$? in 130 | 141) ;; *) exit 1 ;; esac

dev: ## run one service in the foreground with reload, against the running platform (SERVICE=member)
	@$(INSTALLED); $(PLATFORM) dev "$$SERVICE"

join: ## put another team's service behind the platform (FILE=examples/notes/service.yaml)
	@$(INSTALLED); $(PLATFORM) join "$$FILE"

leave: ## remove a joined service; make status lists them (SERVICE=notes)
	@$(INSTALLED); $(PLATFORM) leave "$$SERVICE"

admin: ## print the first administrator as JSON (make -s admin)
	@$(INSTALLED); $(PLATFORM) admin

demo-data: ## fill the running shop with sample products (make up does so unless DEMO_DATA=no)
	@$(INSTALLED); $(PLATFORM) demo-data

reset: ## delete the state folder's contents: accounts, sessions, keys, logs (YES=1 skips the confirmation)
	@$(INSTALLED); $(PLATFORM) reset $(if $(YES),--yes)

test: ## install what is missing, then run all tests, or some: TEST="lint typecheck unit lua e2e browser <path>"
	@scripts/test.sh --check $$TEST
	@scripts/bootstrap.sh dev
	@scripts/test.sh $$TEST

lint typecheck unit lua e2e browser: ## the same as make test TEST=<target>
	@$(MAKE) test TEST=$@

coverage: ## run the unit tests with coverage; fails below the floor in pyproject.toml
	@COVERAGE=yes $(MAKE) test TEST=unit

fmt: setup ## format the Python code and apply ruff's fixes
	@.venv/bin/ruff check --fix --quiet .; .venv/bin/ruff format .

bench-verify: ## benchmark /auth/verify against comparable products
	@scripts/bootstrap.sh bench
	@$(PYTHON) bench/verify.py

lock: setup ## compile requirements/*.lock (UPGRADE=1: with newer versions)
	@scripts/lock.sh

clean: ## remove .venv and all caches; state and sources are kept
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -not -path './.platform/*' -prune -exec rm -rf {} +

-include mk/*.mk
