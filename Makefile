# Member Platform. `make help` lists the commands.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup up down status logs dev join leave admin demo-data reset test lint types fmt unit lua e2e browser bench-verify lock clean

PYTHON := .venv/bin/python
PLATFORM := $(PYTHON) -P -m platform_standalone
INSTALLED := test -x $(PYTHON) || { echo "Nothing is installed yet; make up does that." >&2; exit 1; }

# What a person sets: PORT (and MEMBER_PORT, …), EDGE_HOST, PLATFORM_STATE; S, a part or a joined service; F, a
# manifest; T, what to test. They reach the commands by the environment, so that a folder may have spaces in its name.
export PORT EDGE_HOST PLATFORM_STATE DEMO_DATA S F T

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9 -]+:.*## / { printf "  make %-26s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install everything for development into .venv
	@scripts/bootstrap.sh dev

up: ## install what is missing, start the platform, say where it is (PORT=9000 make up)
	@scripts/bootstrap.sh up
	@$(PLATFORM) up

down: ## stop the platform; its data stay
	@$(INSTALLED); $(PLATFORM) down

status: ## show each part: address, pid, health, restarts, log file
	@$(INSTALLED); $(PLATFORM) status

logs: ## follow the log of one part (S=auth), or of all
	@$(INSTALLED); $(PLATFORM) logs "$$S" || test $$? = 130

dev: ## run one service here, with reload, against the rest (S=member)
	@$(INSTALLED); $(PLATFORM) dev "$$S"

join: ## put a service of another team behind the platform (F=examples/notes/service.yaml)
	@$(INSTALLED); $(PLATFORM) join "$$F"

leave: ## remove a joined service; make status lists them (S=notes)
	@$(INSTALLED); $(PLATFORM) leave "$$S"

admin: ## print the first administrator as JSON (make -s admin)
	@$(INSTALLED); $(PLATFORM) admin

demo-data: ## fill the running shop with goods for demonstration (make up does so, unless DEMO_DATA=no)
	@$(INSTALLED); $(PLATFORM) demo-data

reset: ## clear the state folder: accounts, sessions, keys, logs (YES=1 does not ask)
	@$(INSTALLED); $(PLATFORM) reset $(if $(YES),--yes)

test: ## set up, then run every test; T="lint types unit lua e2e browser <path>" runs some of them
	@scripts/test.sh --check $$T
	@scripts/bootstrap.sh dev
	@scripts/test.sh $$T

lint types unit lua e2e browser: ## the same as make test T=<this>
	@$(MAKE) test T=$@

fmt: setup ## format the Python code, and mend what ruff can
	@.venv/bin/ruff check --fix --quiet .; .venv/bin/ruff format .

bench-verify: ## measure /auth/verify next to its peers
	@scripts/bootstrap.sh bench
	@$(PYTHON) bench/verify.py

lock: setup ## compile requirements/*.lock again (UPGRADE=1 takes newer versions)
	@scripts/lock.sh

clean: ## remove .venv and all caches; state and sources stay
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -not -path './.platform/*' -prune -exec rm -rf {} +

-include mk/*.mk
