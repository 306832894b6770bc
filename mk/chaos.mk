# Chaos tests, fuzzing and benchmarks.
.PHONY: chaos fuzz bench-gateway bench-catalogue

chaos: setup ## kill, pause and disconnect components for 2 minutes, and check the history (LONG=1: 30 minutes; SEED=…)
	@PYTHONPATH=tests/chaos $(PYTHON) -P -m chaos.run --seconds $(if $(LONG),1800,120) $(if $(SEED),--seed $(SEED))

fuzz: setup ## send generated requests to every operation of the OpenAPI documents (EXAMPLES=1000 for each)
	@.venv/bin/pytest -q tests/e2e/test_fuzzing.py --fuzz-examples $(or $(EXAMPLES),1000)

bench-gateway: setup ## measure the cost of the idempotency plugin (ROUNDS=…; GATEWAY_KIND=kong KONG_COMMAND=…: a Kong)
	@$(PYTHON) bench/gateway.py $(if $(ROUNDS),--rounds $(ROUNDS))

bench-catalogue: setup ## benchmark the shop's lists and searches with 100,000 products
	@$(PYTHON) bench/catalogue.py
