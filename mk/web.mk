# The shop front: its words.
.PHONY: web-messages

WEB_LOCALE := services/web/src/web/locale

web-messages: setup ## gather the words of web's pages for translation (services/web/src/web/locale)
	@.venv/bin/pybabel --quiet extract --mapping-file services/web/babel.cfg --keywords N_ --no-location --sort-output \
		--project web --omit-header --output-file .venv/web.pot services/web/src/web
	@.venv/bin/pybabel --quiet update --domain web --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
		--input-file .venv/web.pot --output-dir $(WEB_LOCALE) --width 120
