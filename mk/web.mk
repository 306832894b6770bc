# The shop front: its words, its speed.
.PHONY: web-messages bench-web screenshots

WEB_LOCALE := services/web/src/platform_web/locale

web-messages: setup ## gather the words of web's pages for translation (services/web/src/platform_web/locale)
	@.venv/bin/pybabel --quiet extract --mapping-file services/web/babel.cfg --keywords N_ --no-location --sort-output \
		--project web --omit-header --output-file .venv/web.pot services/web/src/platform_web
	@.venv/bin/pybabel --quiet update --domain web --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
		--input-file .venv/web.pot --output-dir $(WEB_LOCALE) --width 120

bench-web: ## measure web's pages next to Next.js, and how they appear in a browser
	@scripts/bootstrap.sh bench
	@PYTHONPATH=tests/e2e:tests/browser .venv/bin/python bench/web_pages.py

screenshots: ## take pictures of every page, in both languages and themes (screenshots/; T="home cart": some pages)
	@scripts/bootstrap.sh pictures
	@PYTHONPATH=tests/e2e:tests/browser .venv/bin/python -m browsing.screenshots screenshots $(T)
