"""Sample products: light and scent."""

from __future__ import annotations

from platform_shop.demo.texts import DemoProduct, DemoVariant, LocalizedText

LIGHT = (
    DemoProduct(
        "hanji-lamp",
        "light-and-scent",
        LocalizedText(
            "한지 스탠드",
            "종이를 지나 부드러워진 저녁 빛.",
            "닥나무 섬유가 그대로 비치는 한지 갓을 씌운 스탠드입니다. 책을 읽기에는 어둡고 이야기하기에는 딱 "
            "좋은 밝기입니다.\n\n"
            "E26 전구 하나(포함). 줄을 당겨 켜고 끕니다.",
        ),
        LocalizedText(
            "Hanji lamp",
            "Evening light, softened by paper.",
            "A lamp with a shade of mulberry paper in which you see the fibres. Too dim to read by, just right "
            "to talk by.\n\n"
            "One E26 bulb, included. A cord switches it.",
        ),
        "조명 전등 무드등 종이 light bulb paper shade bedside",
        ("lamp", "butter", "plain", "moon"),
        (
            DemoVariant("LMP-HNJ-S", "높이 32 cm", "32 cm tall", 76000, 13),
            DemoVariant("LMP-HNJ-L", "높이 48 cm", "48 cm tall", 112000, 4),
        ),
    ),
    DemoProduct(
        "beeswax-candle",
        "light-and-scent",
        LocalizedText(
            "밀랍 초",
            "향을 더하지 않아도 꿀 냄새가 나는 초.",
            "벌집에서 얻은 밀랍만 굳혔습니다. 그을음이 적고, 켜 두면 방에 옅은 꿀 향이 돕니다.\n\n"
            "다 쓴 유리잔은 씻어서 물잔으로 쓰세요.",
        ),
        LocalizedText(
            "Beeswax candle",
            "Smells of honey, with nothing added.",
            "Nothing but wax from the comb. It hardly soots, and leaves a trace of honey in the room.\n\n"
            "When it is burnt down, the glass makes a good tumbler.",
        ),
        "양초 캔들 꿀 향초 wax honey glass",
        ("candle", "butter", "waves", "arch"),
        (
            DemoVariant("CDL-BEE-S", "30시간", "30 hours", 22000, 37),
            DemoVariant("CDL-BEE-L", "60시간", "60 hours", 36000, 15),
        ),
    ),
    DemoProduct(
        "pine-diffuser",
        "light-and-scent",
        LocalizedText(
            "솔숲 디퓨저",
            "비 온 뒤 소나무 숲을 걷는 향.",
            "솔잎과 젖은 흙, 아주 조금의 감귤. 문을 열고 들어설 때마다 숲이 먼저 인사합니다.\n\n"
            "갈대 여섯 개로 두 달쯤 갑니다. 리필도 있습니다.",
        ),
        LocalizedText(
            "Pine wood diffuser",
            "A walk in a pine wood after rain.",
            "Pine needles, wet earth and a very little citrus. The wood greets you whenever you come in.\n\n"
            "Six reeds last for about two months. There is a refill.",
        ),
        "방향제 향기 소나무 숲 fragrance reed scent forest room",
        ("diffuser", "celadon", "plain", "window"),
        (
            DemoVariant("DIF-PIN", "150 ml", "150 ml", 34000, 28),
            DemoVariant("DIF-PIN-R", "리필 150 ml", "Refill, 150 ml", 21000, 40),
        ),
    ),
    DemoProduct(
        "rice-bran-soap",
        "light-and-scent",
        LocalizedText(
            "쌀겨 비누 두 장",
            "쌀뜨물로 씻은 듯 매끈해지는 비누.",
            "쌀겨 기름과 쌀뜨물로 반죽해 여섯 주 동안 말린 비누입니다. 거품은 곱고 당김은 적습니다.\n\n"
            "향료를 넣지 않아 아이와 함께 써도 좋습니다.",
        ),
        LocalizedText(
            "Two bars of rice bran soap",
            "Leaves the skin as smooth as rice water does.",
            "Made of rice bran oil and rice water, and dried for six weeks. Fine foam, and no tightness after.\n\n"
            "Without perfume, so that children can use it too.",
        ),
        "세안 비누 쌀 무향 wash bath bar unscented",
        ("soap", "snow", "plain", "moon"),
        (DemoVariant("SOP-RIC", "100 g 두 장", "Two of 100 g", 13000, 66),),
    ),
    DemoProduct(
        "incense-plum",
        "light-and-scent",
        LocalizedText(
            "매화 향",
            "아침 환기 뒤에 한 대, 매화 향.",
            "이른 봄 매화나무 아래에 선 듯한 맑은 향입니다. 한 대가 25분 동안 탑니다.\n\n"
            "마흔 대와 도자기 향꽂이를 오동나무 상자에 담았습니다.",
        ),
        LocalizedText(
            "Plum blossom incense",
            "One stick after you have aired the room.",
            "As clear as the air under a plum tree in early spring. A stick burns for 25 minutes.\n\n"
            "Forty sticks and a ceramic holder in a box of paulownia wood.",
        ),
        "인센스 선향 매화 명상 stick burner meditation",
        ("tin", "rose", "dots", "arch"),
        (DemoVariant("INC-PLM", "40대", "40 sticks", 29000, 24),),
    ),
)
