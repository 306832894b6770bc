"""Sample products: tableware."""

from __future__ import annotations

from platform_shop.demo.texts import DemoProduct, DemoVariant, LocalizedText

TABLEWARE = (
    DemoProduct(
        "celadon-mug",
        "tableware",
        LocalizedText(
            "청자 머그잔",
            "손에 착 감기는 옅은 비취빛 머그잔.",
            "유약 아래로 잔금이 비치는 청자 머그잔입니다. 입술이 닿는 곳은 얇게, 바닥은 도톰하게 빚어 뜨거운 "
            "차도 편하게 마실 수 있습니다.\n\n"
            "이천의 작은 가마에서 한 점씩 물레로 빚기 때문에 높이와 빛깔이 조금씩 다릅니다. 식기세척기와 "
            "전자레인지에 넣어도 됩니다.",
        ),
        LocalizedText(
            "Celadon mug",
            "A pale jade mug that sits well in the hand.",
            "A celadon mug with fine crackle under the glaze: thin where it meets the lips, sturdy where it "
            "meets the table.\n\n"
            "Thrown one by one at a small kiln in Icheon, so no two are quite the same height or shade. Safe in "
            "the dishwasher "
            "and the microwave.",
        ),
        "컵 찻잔 커피잔 도자기 cup coffee tea ceramic pottery",
        ("mug", "celadon", "crackle", "moon"),
        (
            DemoVariant("MUG-CEL-S", "280 ml", "280 ml", 24000, 40),
            DemoVariant("MUG-CEL-L", "380 ml", "380 ml", 28000, 25),
        ),
    ),
    DemoProduct(
        "moon-jar-vase",
        "tableware",
        LocalizedText(
            "달항아리 화병",
            "가지 하나만 꽂아도 방이 환해지는 작은 백자.",
            "둥근 위아래를 따로 빚어 이은 달항아리를 책상에 어울리는 크기로 줄였습니다. 이음매의 부드러운 그늘이 "
            "이 항아리의 얼굴입니다.\n\n"
            "물을 담아 꽃병으로, 비워 두어 장식으로. 바닥에는 가구를 지켜 줄 펠트를 붙였습니다.",
        ),
        LocalizedText(
            "Moon jar vase",
            "A small white jar; a single twig in it lights up a room.",
            "The classic moon jar, made of two bowls joined at the waist, in a size for a desk. The soft shadow "
            "of the seam is its "
            "face.\n\nHolds water for flowers and looks just as good empty. A felt ring under the foot spares "
            "your furniture.",
        ),
        "꽃병 백자 항아리 장식 flower white porcelain jar",
        ("vase", "snow", "plain", "moon"),
        (
            DemoVariant("VAS-MON-S", "높이 14 cm", "14 cm tall", 52000, 12),
            DemoVariant("VAS-MON-M", "높이 21 cm", "21 cm tall", 89000, 6),
        ),
    ),
    DemoProduct(
        "breakfast-bowl",
        "tableware",
        LocalizedText(
            "아침 그릇",
            "시리얼에도 국에도 알맞은 넉넉한 그릇.",
            "숟가락이 닿는 소리까지 부드러운 석기 그릇입니다. 안쪽은 매끈하게, 바깥쪽은 흙의 결을 살려 "
            "마무리했습니다.\n\n"
            "겹쳐서 쌓을 수 있고, 두 개 묶음은 선물 상자에 담아 보냅니다.",
        ),
        LocalizedText(
            "Breakfast bowl",
            "A generous bowl, right for cereal and for soup.",
            "Stoneware that even a spoon touches softly: smooth inside, and outside with the grain of the clay.\n\n"
            "They stack. The pair comes in a gift box.",
        ),
        "공기 국그릇 시리얼 석기 soup cereal stoneware dish",
        ("bowl", "moss", "dots", "arch"),
        (
            DemoVariant("BWL-BRK-1", "한 개", "Single", 19000, 60),
            DemoVariant("BWL-BRK-2", "두 개 묶음", "Set of two", 35000, 22),
        ),
    ),
    DemoProduct(
        "ink-plate",
        "tableware",
        LocalizedText(
            "먹빛 접시",
            "음식의 색이 살아나는 무광 접시.",
            "먹을 풀어 놓은 듯 깊은 회색 접시입니다. 노란 달걀도 초록 나물도 이 위에서는 그림이 됩니다.\n\n"
            "긁힘에 강한 무광 유약을 두 번 입혔습니다. 손에 묻어나지 않습니다.",
        ),
        LocalizedText(
            "Ink plate",
            "A matt plate on which food shows its colours.",
            "Deep grey, like ink stirred into water. Yellow eggs and green herbs turn into a painting on it.\n\n"
            "Twice coated in a matt glaze that forks do not mark.",
        ),
        "그릇 원형 무광 dish round matte dinner",
        ("plate", "charcoal", "rings", "window"),
        (
            DemoVariant("PLT-INK-S", "지름 17 cm", "17 cm", 16000, 48),
            DemoVariant("PLT-INK-M", "지름 22 cm", "22 cm", 23000, 36),
            DemoVariant("PLT-INK-L", "지름 27 cm", "27 cm", 31000, 0),
        ),
    ),
    DemoProduct(
        "persimmon-teapot",
        "tableware",
        LocalizedText(
            "감빛 찻주전자",
            "잘 익은 감을 닮은 둥근 찻주전자.",
            "가을 감나무에서 빛깔을 빌려 온 찻주전자입니다. 주둥이 끝을 날카롭게 다듬어 마지막 방울까지 깔끔하게 "
            "따라집니다.\n\n"
            "스테인리스 거름망이 들어 있어 잎차를 바로 우릴 수 있습니다.",
        ),
        LocalizedText(
            "Persimmon teapot",
            "A round teapot, the colour of ripe fruit.",
            "It borrows its colour from persimmon trees in autumn. The spout is cut sharp, so that it pours "
            "clean to the last drop.\n\n"
            "With a steel strainer for loose leaves.",
        ),
        "다기 차주전자 티포트 거름망 tea pot kettle strainer",
        ("teapot", "persimmon", "plain", "hills"),
        (DemoVariant("POT-PER", "600 ml", "600 ml", 58000, 14),),
    ),
)
