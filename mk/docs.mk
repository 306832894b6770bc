# The documentation site.
.PHONY: docs

SITE := .venv/site

docs: setup ## build the documentation site into .venv/site; broken links between pages are errors
	@$(PYTHON) scripts/openapi_documents.py .venv/openapi
	@.venv/bin/sphinx-build --quiet --fail-on-warning --keep-going --builder html --conf-dir docs . $(SITE)
	@echo "Open $(SITE)/docs/index.html."
