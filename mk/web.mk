# The web service: translations, benchmark, screenshots.
.PHONY: translations bench-web screenshots

WEB_LOCALE := services/web/src/platform_web/locale
MAIL_LOCALE := services/member/src/platform_member/mail_worker/locale

translations: setup ## collect the texts of pages and mails for translation (locale/ko in web and member's mail_worker)
	@.venv/bin/pybabel --quiet extract --mapping-file services/web/babel.cfg --keywords N_ --no-location --sort-output \
		--project web --omit-header --output-file .venv/web.pot services/web/src/platform_web
	@.venv/bin/pybabel --quiet update --domain web --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
		--input-file .venv/web.pot --output-dir $(WEB_LOCALE) --width 120
	@.venv/bin/pybabel --quiet extract --mapping-file services/member/babel.cfg --no-location --sort-output \
		--project mail --omit-header --output-file .venv/mail.pot services/member/src/platform_member/mail_worker
	@.venv/bin/pybabel --quiet update --domain mail --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
		--input-file .venv/mail.pot --output-dir $(MAIL_LOCALE) --width 120

bench-web: ## benchmark web's pages against Next.js, and measure them in a browser
	@scripts/bootstrap.sh bench
	@PYTHONPATH=tests/e2e:tests/browser .venv/bin/python bench/web_pages.py

screenshots: ## take screenshots of every page, in both languages and themes (screenshots/; PAGE="home cart": some pages)
	@scripts/bootstrap.sh pictures
	@PYTHONPATH=tests/e2e:tests/browser .venv/bin/python -m browsing.screenshots screenshots $(PAGE)
