"""Sample products: house and garden."""

from __future__ import annotations

from platform_shop.demo.texts import DemoProduct, DemoVariant, LocalizedText

HOUSE = (
    DemoProduct(
        "terracotta-pot",
        "house-and-garden",
        LocalizedText(
            "숨 쉬는 토분",
            "뿌리가 편안한, 굽지 않은 듯 거친 화분.",
            "낮은 온도에서 구워 물과 공기가 드나드는 화분입니다. 물을 주면 색이 짙어졌다가 마르면서 돌아와, 언제 "
            "물을 줄지 알려 줍니다.\n\n"
            "받침이 함께 옵니다. 식물은 포함되지 않습니다.",
        ),
        LocalizedText(
            "Breathing clay pot",
            "Roots like it: rough, and open to the air.",
            "Fired low, so that water and air pass through. It darkens when watered and pales as it dries, which "
            "tells you when.\n\n"
            "With a saucer, without the plant.",
        ),
        "화분 토분 식물 정원 planter plant garden terracotta",
        ("plant", "moss", "plain", "hills"),
        (
            DemoVariant("POT-CLY-S", "지름 12 cm", "12 cm", 12000, 55),
            DemoVariant("POT-CLY-M", "지름 18 cm", "18 cm", 19000, 34),
            DemoVariant("POT-CLY-L", "지름 26 cm", "26 cm", 34000, 10),
        ),
    ),
    DemoProduct(
        "willow-basket",
        "house-and-garden",
        LocalizedText(
            "버들 바구니",
            "빨래도 감자도 담는 손잡이 바구니.",
            "겨울에 벤 버들가지를 물에 불려 엮었습니다. 못 하나 없이 스무 해를 씁니다.\n\n"
            "마르면 소리가 나니 일 년에 한 번 물에 적셔 주세요.",
        ),
        LocalizedText(
            "Willow basket",
            "For laundry, for potatoes.",
            "Woven of willow that was cut in winter and soaked. Not one nail, and good for twenty years.\n\n"
            "When it creaks, it is dry: wet it once a year.",
        ),
        "수납 광주리 소쿠리 storage weave laundry",
        ("basket", "sand", "plain", "arch"),
        (DemoVariant("BSK-WLW", "지름 34 cm", "34 cm", 64000, 7),),
    ),
    DemoProduct(
        "broom-and-pan",
        "house-and-garden",
        LocalizedText(
            "책상 빗자루",
            "지우개 가루를 쓸어 담는 작은 빗자루.",
            "수수를 묶어 만든 손바닥만 한 빗자루와 종이 쓰레받기입니다. 자판 사이 먼지도 잘 쓸립니다.\n\n"
            "벽에 걸어 두어도 보기 좋습니다.",
        ),
        LocalizedText(
            "Desk broom",
            "A small broom for the crumbs of erasers.",
            "A hand's length of bound sorghum, with a pan of lacquered paper. Gets between the keys of a "
            "keyboard, too.\n\n"
            "Looks well on a nail in the wall.",
        ),
        "청소 빗자루 쓰레받기 책상 cleaning brush sweep desk",
        ("brush", "sand", "plain", "moon"),
        (DemoVariant("BRM-DSK", "한 벌", "Set", 17000, 29),),
    ),
    DemoProduct(
        "seed-box",
        "house-and-garden",
        LocalizedText(
            "베란다 씨앗 상자",
            "상추, 바질, 쑥갓, 깻잎, 고추, 방울토마토.",
            "볕이 드는 창가만 있으면 되는 여섯 가지 씨앗을 모았습니다. 언제 뿌리고 언제 따는지 달력에 그려 "
            "두었습니다.\n\n"
            "씨앗은 그해에 받은 것만 보냅니다.",
        ),
        LocalizedText(
            "Balcony seed box",
            "Lettuce, basil, crown daisy, perilla, chilli, cherry tomato.",
            "Six kinds that need no more than a sunny window. A calendar shows when to sow and when to pick.\n\n"
            "Only seeds of the year's harvest.",
        ),
        "텃밭 씨앗 채소 모종 seeds vegetables herbs balcony garden",
        ("sweets", "moss", "plain", "window"),
        (DemoVariant("SED-BAL", "여섯 봉지", "Six packets", 15000, 42),),
    ),
    DemoProduct(
        "enamel-watering-jug",
        "house-and-garden",
        LocalizedText(
            "법랑 물주전자",
            "꽃에도 식탁에도 물을 따르는 주전자.",
            "흰 법랑을 두껍게 입힌 강철 주전자입니다. 주둥이가 좁아 작은 화분에도 흘리지 않고 물을 줍니다.\n\n"
            "얼음을 넣어 식탁에 올려도 좋습니다.",
        ),
        LocalizedText(
            "Enamel jug",
            "Pours for the flowers, and at table.",
            "Steel under a thick coat of white enamel. The narrow spout waters the smallest pot without a spill.\n\n"
            "With ice in it, it may stay on the table.",
        ),
        "물조리개 주전자 법랑 watering can pitcher garden",
        ("teapot", "snow", "plain", "window"),
        (
            DemoVariant("JUG-ENM-1", "1 l", "1 l", 33000, 16),
            DemoVariant("JUG-ENM-2", "1.8 l", "1.8 l", 41000, 0),
        ),
    ),
)
