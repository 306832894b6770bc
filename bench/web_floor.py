"""The floor: uvicorn, configured as for web, with web's templates only: no framework, no calls, no parsing."""

from __future__ import annotations

import os
from typing import Any
from zoneinfo import ZoneInfo

import uvicorn
import web_content

from platform_web.assets.bundle import Assets
from platform_web.catalogue import endpoints as _catalogue  # noqa: F401 (its words are part of the templates)
from platform_web.clients.shop import Product, ProductPage
from platform_web.rendering.pages import Pages, Site
from platform_web.visitor.cookies import CookieRules
from platform_web.visitor.visitor import Visitor

RESPONSES = web_content.responses()
PAGES = Pages(Site("Haru", None, has_shop=True, has_mail=False), Assets(), ZoneInfo("Asia/Seoul"))
RULES = CookieRules(secure=False)
NEWEST = ProductPage.model_validate(RESPONSES["/api/shop/products"])
PRODUCT = Product.model_validate(RESPONSES["/api/shop/products/celadon-mug"])
SHOWN: dict[str, tuple[str, dict[str, Any]]] = {
    "/": ("home/home.html", {"newest": NEWEST}),
    "/products/celadon-mug": (
        "catalogue/product.html",
        {"product": PRODUCT, "chosen": PRODUCT.variants[0].id, "key": "k" * 32},
    ),
}


async def app(scope, receive, send):
    """Answer with the page of the path."""
    template, content = SHOWN[scope["path"]]
    page = PAGES.render(
        Visitor.from_scope(scope, RULES), template, content, cart_count=RESPONSES["/api/shop/cart"]["item_count"]
    )
    await page(scope, receive, send)


if __name__ == "__main__":
    PAGES.compile_all()
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        http="httptools",
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
