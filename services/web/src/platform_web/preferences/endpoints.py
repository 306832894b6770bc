"""`/preferences`: the language and the theme that a visitor wants to see."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from platform_web.form_addresses import redirect_get
from platform_web.parts import AnyVisitor
from platform_web.rendering.pages import see_other
from platform_web.visitor.forms import BrowserForm
from platform_web.visitor.places import local_place
from platform_web.visitor.preferences import THEMES, known_language

router = APIRouter()


@router.post("/preferences")
async def keep_preferences(form: BrowserForm, visitor: AnyVisitor) -> Response:
    """Keep what was chosen in cookies, and go back to the page."""
    if language := known_language(form["language"]):
        visitor.keep_language(language)
    for theme in THEMES:
        if theme == form["theme"]:
            visitor.keep_theme(theme)
    return see_other(local_place(form["back"]))


redirect_get(router, "/preferences", "/")
