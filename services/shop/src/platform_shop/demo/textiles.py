"""Sample products: textiles."""

from __future__ import annotations

from platform_shop.demo.texts import DemoProduct, DemoVariant, LocalizedText

TEXTILES = (
    DemoProduct(
        "linen-cushion",
        "textiles",
        LocalizedText(
            "물들인 리넨 쿠션",
            "빨수록 부드러워지는 두꺼운 리넨.",
            "감물과 쪽으로 물들인 리넨을 두 겹으로 지었습니다. 볕에 바래는 빛깔까지 예쁜 천입니다.\n\n"
            "솜은 따로 빼서 빨 수 있고, 지퍼는 옆선 안에 숨겼습니다.",
        ),
        LocalizedText(
            "Dyed linen cushion",
            "Heavy linen, softer with every wash.",
            "Two layers of linen, dyed with persimmon or indigo. It is beautiful even where the sun bleaches it.\n\n"
            "The filling comes out; the zip hides in a seam.",
        ),
        "방석 베개 리넨 천연염색 pillow sofa dyed home",
        ("cushion", "persimmon", "dots", "arch"),
        (
            DemoVariant("CSH-PER", "감빛", "Persimmon", 39000, 20),
            DemoVariant("CSH-IND", "쪽빛", "Indigo", 39000, 17),
        ),
    ),
    DemoProduct(
        "quilted-blanket",
        "textiles",
        LocalizedText(
            "누비 이불",
            "촘촘히 누벼 가볍고 따뜻한 이불.",
            "얇은 솜을 넣고 한 뼘에 스무 줄씩 누볐습니다. 봄가을에는 이불로, 겨울에는 담요 위에 한 겹 더.\n\n"
            "세탁망에 넣어 집에서 빨 수 있습니다.",
        ),
        LocalizedText(
            "Quilted blanket",
            "Closely quilted: light, and warm.",
            "Thin cotton wadding with twenty lines of stitches to a hand's breadth. A cover in spring, one layer "
            "more in winter.\n\n"
            "Washes at home, in a net.",
        ),
        "담요 누비 침구 면 quilt bedding cotton throw",
        ("blanket", "rose", "stripes", "window"),
        (
            DemoVariant("BLK-S", "1인용 150 × 210 cm", "Single, 150 × 210 cm", 118000, 8),
            DemoVariant("BLK-Q", "2인용 200 × 230 cm", "Double, 200 × 230 cm", 158000, 5),
        ),
    ),
    DemoProduct(
        "market-tote",
        "textiles",
        LocalizedText(
            "장바구니",
            "배추 한 포기도 거뜬한 튼튼한 가방.",
            "돛을 만드는 두꺼운 면으로 지었습니다. 손잡이는 어깨에 멜 만큼 길고, 바닥은 두 겹입니다.\n\n"
            "접으면 안주머니 속으로 들어갑니다.",
        ),
        LocalizedText(
            "Market tote",
            "Strong enough for a whole cabbage.",
            "Made of the cotton that sails are made of, with handles long enough for the shoulder and a double "
            "bottom.\n\n"
            "It folds into its own inner pocket.",
        ),
        "에코백 가방 시장 면 bag shopping canvas",
        ("tote", "clay", "plain", "hills"),
        (
            DemoVariant("TOT-CLY", "흙빛", "Clay", 26000, 45),
            DemoVariant("TOT-NAT", "바랜 흰색", "Natural", 24000, 31),
        ),
    ),
    DemoProduct(
        "waffle-towel",
        "textiles",
        LocalizedText(
            "와플 수건",
            "금세 마르고 오래 쓰는 올록볼록한 수건.",
            "와플처럼 짜서 물을 빨리 머금고 빨리 말립니다. 습한 여름에도 눅눅하지 않습니다.\n\n"
            "부피가 작아 여행 가방에 넣기 좋습니다. 고리가 달려 있습니다.",
        ),
        LocalizedText(
            "Waffle towel",
            "Dries quickly, lasts long.",
            "Woven in squares that take up water fast and let it go fast, even in a humid summer.\n\n"
            "Small enough for a suitcase, with a loop to hang it by.",
        ),
        "타월 욕실 목욕 면 bath bathroom cotton",
        ("towel", "sand", "checks", "moon"),
        (
            DemoVariant("TWL-S", "손수건 40 × 40 cm", "Hand, 40 × 40 cm", 9000, 75),
            DemoVariant("TWL-M", "세면 40 × 80 cm", "Face, 40 × 80 cm", 16000, 58),
            DemoVariant("TWL-L", "목욕 75 × 140 cm", "Bath, 75 × 140 cm", 38000, 19),
        ),
    ),
    DemoProduct(
        "wrapping-cloth",
        "textiles",
        LocalizedText(
            "조각 보자기",
            "선물을 싸고, 창에 걸고, 다시 쓰는 천.",
            "모시 조각을 이어 만든 보자기입니다. 빛에 비추면 색유리처럼 바느질 선이 드러납니다.\n\n"
            "묶는 법 네 가지를 그린 종이를 함께 드립니다.",
        ),
        LocalizedText(
            "Patchwork wrapping cloth",
            "Wraps a gift, hangs in a window, and wraps the next one.",
            "Pieces of ramie, joined by hand. Against the light its seams show like the leads of stained glass.\n\n"
            "With a sheet that shows four ways to tie it.",
        ),
        "보자기 선물 포장 모시 bojagi gift wrap ramie furoshiki",
        ("cushion", "plum", "checks", "window"),
        (DemoVariant("BJG-60", "60 × 60 cm", "60 × 60 cm", 47000, 11),),
    ),
)
