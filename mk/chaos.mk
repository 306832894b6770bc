# What is shown by force: writes happen once, nothing crashes, and how fast it is.
.PHONY: chaos fuzz bench-gateway bench-catalogue

chaos: setup ## kill, pause and cut off parts for 2 minutes and check the history (LONG=1: 30 minutes; SEED=…)
	@PYTHONPATH=tests/chaos $(PYTHON) -P -m chaos.run --seconds $(if $(LONG),1800,120) $(if $(SEED),--seed $(SEED))

fuzz: setup ## make up requests from the OpenAPI documents for long (EXAMPLES=1000 for each operation)
	@.venv/bin/pytest -q tests/e2e/test_fuzzing.py --fuzz-examples $(or $(EXAMPLES),1000)

bench-gateway: setup ## measure what the idempotency plugin costs the gateway (ROUNDS=…; GATEWAY_KIND=kong KONG_COMMAND=…: a Kong)
	@$(PYTHON) bench/gateway.py $(if $(ROUNDS),--rounds $(ROUNDS))

bench-catalogue: setup ## measure the shop's lists and searches with 100,000 products
	@$(PYTHON) bench/catalogue.py
