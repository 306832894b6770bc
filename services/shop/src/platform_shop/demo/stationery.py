"""Sample products: stationery."""

from __future__ import annotations

from platform_shop.demo.texts import DemoProduct, DemoVariant, LocalizedText

STATIONERY = (
    DemoProduct(
        "thread-bound-notebook",
        "stationery",
        LocalizedText(
            "실제본 공책",
            "끝까지 활짝 펼쳐지는 공책.",
            "옛 책처럼 실로 묶어 어느 쪽이든 납작하게 펼쳐집니다. 만년필이 번지지 않는 크림색 종이 160쪽입니다.\n\n"
            "표지는 물에 강한 한지이고, 쓰던 곳을 표시할 리본이 달려 있습니다.",
        ),
        LocalizedText(
            "Thread-bound notebook",
            "A notebook that opens flat to its last page.",
            "Sewn like an old book, so that every page lies flat. 160 cream pages that take a fountain pen "
            "without a blot.\n\n"
            "The cover is water-resistant hanji; a ribbon marks your place.",
        ),
        "노트 공책 다이어리 한지 note diary journal paper book",
        ("notebook", "ink", "rings", "moon"),
        (
            DemoVariant("NTB-PLN", "무지", "Plain", 15000, 70),
            DemoVariant("NTB-LIN", "줄", "Lined", 15000, 64),
            DemoVariant("NTB-GRD", "모눈", "Grid", 15000, 41),
        ),
    ),
    DemoProduct(
        "cedar-pencils",
        "stationery",
        LocalizedText(
            "삼나무 연필 세 자루",
            "깎을 때마다 숲 냄새가 나는 연필.",
            "칠을 하지 않은 삼나무 연필입니다. 심이 쉽게 부러지지 않고, 깎을 때마다 책상 위로 나무 향이 번집니다.\n\n"
            "HB, 2B, 4B 한 자루씩. 몽당연필이 되면 끼워 쓸 깍지가 들어 있습니다.",
        ),
        LocalizedText(
            "Three cedar pencils",
            "Pencils that smell of a forest whenever you sharpen them.",
            "Unpainted cedar round a lead that does not break easily.\n\n"
            "One each of HB, 2B and 4B, with a holder for when they have become short.",
        ),
        "연필 필기구 나무 pencil pen writing wood",
        ("pens", "sky", "checks", "arch"),
        (DemoVariant("PEN-CDR", "세 자루", "Set of three", 9000, 120),),
    ),
    DemoProduct(
        "letter-set",
        "stationery",
        LocalizedText(
            "답장을 부르는 편지지",
            "봉투 다섯 장, 편지지 열 장, 그리고 우표 자리.",
            "오래 두어도 바래지 않는 중성지에 은은한 물결무늬를 찍었습니다. 봉투는 풀 없이도 접어서 닫힙니다.\n\n"
            "답장할 봉투 한 장을 함께 넣어 보내 보세요.",
        ),
        LocalizedText(
            "Letters that want an answer",
            "Five envelopes, ten sheets, and a place for the stamp.",
            "Acid-free paper with a faint wave printed on it. The envelopes fold shut without glue.\n\n"
            "Put an empty one in with your letter.",
        ),
        "편지 봉투 카드 우편 envelope card mail paper",
        ("letters", "celadon", "waves", "window"),
        (
            DemoVariant("LTR-WAV", "물결", "Waves", 11000, 52),
            DemoVariant("LTR-PLN", "민무늬", "Plain", 10000, 38),
        ),
    ),
    DemoProduct(
        "paper-tape",
        "stationery",
        LocalizedText(
            "종이테이프 세 롤",
            "손으로 찢어 붙이고 다시 떼는 테이프.",
            "한지로 만든 얇은 테이프입니다. 글씨 위에 붙여도 비치고, 떼어도 자국이 남지 않습니다.\n\n"
            "세 가지 초록을 한데 묶었습니다. 너비 15 mm, 길이 10 m.",
        ),
        LocalizedText(
            "Three rolls of paper tape",
            "Tear it by hand, stick it, take it off again.",
            "Thin tape of hanji: writing shows through, and no trace is left when it goes.\n\n"
            "Three greens in a set, each 15 mm wide and 10 m long.",
        ),
        "마스킹테이프 다꾸 스티커 masking washi sticker",
        ("tape", "moss", "plain", "moon"),
        (DemoVariant("TAP-GRN", "세 롤", "Set of three", 7500, 90),),
    ),
    DemoProduct(
        "calligraphy-set",
        "stationery",
        LocalizedText(
            "처음 붓글씨 한 벌",
            "붓, 먹물, 화선지 스무 장을 한 상자에.",
            "붓글씨를 처음 쓰는 분을 위한 한 벌입니다. 끝이 잘 모이는 붓과 냄새가 순한 먹물, 연습용 화선지를 "
            "담았습니다.\n\n"
            "기본 획을 따라 써 볼 수 있는 본이 한글과 영어 설명과 함께 들어 있습니다.",
        ),
        LocalizedText(
            "First calligraphy set",
            "A brush, ink and twenty sheets in one box.",
            "For whoever takes up the brush for the first time: one that keeps its point, ink of a mild scent, "
            "and paper to practise on.\n\n"
            "With a sheet of strokes to follow, explained in Korean and English.",
        ),
        "서예 붓펜 먹 캘리그라피 brush ink hanji practice",
        ("brush", "charcoal", "plain", "window"),
        (DemoVariant("BRS-SET", "한 벌", "Set", 42000, 1),),
    ),
)
