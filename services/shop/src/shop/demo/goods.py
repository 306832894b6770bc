"""The demonstration shop's goods."""

from __future__ import annotations

from shop.demo.texts import DemoCategory, DemoProduct, DemoVariant, Words

CATEGORIES = (
    DemoCategory("tableware", "식기", "Tableware"),
    DemoCategory("tea-and-pantry", "차와 먹거리", "Tea & pantry"),
    DemoCategory("stationery", "문구", "Stationery"),
    DemoCategory("textiles", "패브릭", "Textiles"),
    DemoCategory("light-and-scent", "빛과 향", "Light & scent"),
    DemoCategory("house-and-garden", "집과 정원", "House & garden"),
)

PRODUCTS = (
    DemoProduct(
        "celadon-mug",
        "tableware",
        Words("청자 머그잔", "손에 감기는 옅은 비취빛 머그잔.", "설명"),
        Words("Celadon mug", "A pale jade mug that sits well in the hand.", "Description"),
        "컵 찻잔 커피 cup coffee",
        ("mug", "celadon", "crackle", "moon"),
        (
            DemoVariant("MUG-CEL-S", "280 ml", "280 ml", 24000, 40),
            DemoVariant("MUG-CEL-L", "380 ml", "380 ml", 28000, 25),
        ),
    ),
)
