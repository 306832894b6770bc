"""Messages of more than one page, untranslated."""

from __future__ import annotations

from platform_web.rendering.catalogues import N_

NOT_NOW = N_("We cannot do that right now. Nothing was changed; try again in a moment.")
NOT_DONE = N_("That did not work. Check the page and try again.")
TOO_MANY_ATTEMPTS = N_("Too many attempts. Wait a few minutes and try again.")
