"""`/preferences`: language and theme."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from platform_web.container import AnyVisitor
from platform_web.form_urls import redirect_get_to
from platform_web.rendering.pages import redirect
from platform_web.visitor.forms import BrowserForm
from platform_web.visitor.preferences import THEMES, known_language
from platform_web.visitor.urls import safe_redirect_path

router = APIRouter()


@router.post("/preferences")
async def save_preferences(form: BrowserForm, visitor: AnyVisitor) -> Response:
    """Store the preferences in cookies and redirect back to the page."""
    if language := known_language(form["language"]):
        visitor.set_language(language)
    for theme in THEMES:
        if theme == form["theme"]:
            visitor.set_theme(theme)
    return redirect(safe_redirect_path(form["back"]))


redirect_get_to(router, "/preferences", "/")
