"""Sample products: tea and pantry."""

from __future__ import annotations

from platform_shop.demo.texts import DemoProduct, DemoVariant, LocalizedText

PANTRY = (
    DemoProduct(
        "first-flush-green-tea",
        "tea-and-pantry",
        LocalizedText(
            "첫물 녹차",
            "곡우 전에 딴 어린잎만 덖은 녹차.",
            "지리산 자락에서 사월에 딴 첫 잎을 무쇠솥에 아홉 번 덖었습니다. 풋풋한 향 뒤로 밤 같은 단맛이 "
            "남습니다.\n\n"
            "70도로 식힌 물에 2분. 같은 잎으로 세 번까지 우려 드세요.",
        ),
        LocalizedText(
            "First flush green tea",
            "Young leaves, picked before the April rains.",
            "Picked in April on the slopes of Jirisan and turned nine times in an iron pan. A fresh scent, and "
            "then the sweetness of "
            "chestnuts.\n\nTwo minutes in water of 70 °C. The same leaves are good for three cups.",
        ),
        "차 잎차 우전 녹차 leaves loose tea drink",
        ("tin", "moss", "plain", "hills"),
        (
            DemoVariant("TEA-GRN-40", "40 g", "40 g", 26000, 50),
            DemoVariant("TEA-GRN-100", "100 g", "100 g", 58000, 18),
        ),
    ),
    DemoProduct(
        "buckwheat-tea",
        "tea-and-pantry",
        LocalizedText(
            "구운 메밀차",
            "카페인 없이 구수한, 밤에 마시는 차.",
            "강원도 메밀을 껍질째 구워 낸 차입니다. 뜨겁게는 누룽지처럼 구수하고, 차갑게는 보리차보다 맑습니다.\n\n"
            "티백 한 개로 머그잔 두 잔을 우릴 수 있습니다.",
        ),
        LocalizedText(
            "Roasted buckwheat tea",
            "Nutty and without caffeine: a tea for the night.",
            "Buckwheat from Gangwon, roasted in its husk. Hot it tastes of toasted rice, cold it is clearer than "
            "barley tea.\n\n"
            "One bag makes two mugs.",
        ),
        "곡물차 무카페인 티백 grain caffeine free bags drink",
        ("pouch", "clay", "plain", "window"),
        (DemoVariant("TEA-BWT", "티백 20개", "20 bags", 12000, 80),),
    ),
    DemoProduct(
        "citron-marmalade",
        "tea-and-pantry",
        LocalizedText(
            "고흥 유자청",
            "껍질까지 얇게 썬 유자를 꿀에 재웠습니다.",
            "남쪽 바닷바람에 익은 유자를 씨만 빼고 통째로 썰어 설탕과 꿀에 재웠습니다. 두 숟갈에 뜨거운 물을 "
            "부으면 유자차가 됩니다.\n\n"
            "요구르트나 샐러드에 넣어도 좋습니다. 열고 나면 냉장고에 두세요.",
        ),
        LocalizedText(
            "Citron marmalade",
            "Citrons from the south, sliced with their peel and kept in honey.",
            "Ripened in the sea wind of Goheung, cut whole but for the seeds, steeped in sugar and honey. Two "
            "spoons and hot water make "
            "yuja tea.\n\nAlso good in yoghurt or a salad dressing. Keep it cool once it is open.",
        ),
        "유자차 잼 꿀 yuja honey jam jar",
        ("jar", "celadon", "plain", "arch"),
        (
            DemoVariant("JAR-YUJ-S", "300 g", "300 g", 14000, 44),
            DemoVariant("JAR-YUJ-L", "600 g", "600 g", 24000, 30),
        ),
    ),
    DemoProduct(
        "perilla-oil",
        "tea-and-pantry",
        LocalizedText(
            "갓 짠 들기름",
            "주문이 모이는 날 짜서 보내는 들기름.",
            "볶지 않은 들깨를 낮은 온도에서 천천히 짰습니다. 나물 한 접시, 국수 한 그릇에 한 숟갈이면 향이 가득 "
            "찹니다.\n\n"
            "빛을 막는 병에 담아 짠 날짜를 적어 보냅니다.",
        ),
        LocalizedText(
            "Fresh perilla oil",
            "Pressed on the day that orders are gathered.",
            "From unroasted perilla seeds, pressed slowly and cool. A spoonful is enough for a plate of greens "
            "or a bowl of noodles.\n\n"
            "In a bottle that keeps the light out, with the day of pressing on its label.",
        ),
        "기름 들깨 참기름 요리 seed cooking bottle",
        ("bottle", "moss", "plain", "moon"),
        (DemoVariant("OIL-PRL", "180 ml", "180 ml", 21000, 33),),
    ),
    DemoProduct(
        "flower-sweets",
        "tea-and-pantry",
        LocalizedText(
            "꽃 다식 상자",
            "나무틀에 눌러 만든 여섯 송이의 다과.",
            "송화, 흑임자, 오미자, 쑥, 콩, 쌀. 여섯 가지 가루를 꿀로 반죽해 꽃 모양 나무틀에 눌러 만들었습니다.\n\n"
            "차 한 잔에 한 송이. 만든 지 사흘 안에 보내 드리며 보름 동안 맛있습니다.",
        ),
        LocalizedText(
            "Box of flower sweets",
            "Six tea sweets, pressed in wooden moulds.",
            "Pine pollen, black sesame, magnolia berry, mugwort, soybean and rice, each bound with honey and "
            "pressed into a flower.\n\n"
            "One flower for each cup of tea. Sent within three days of making; good for a fortnight.",
        ),
        "다과 과자 한과 선물 cookies gift snack dessert",
        ("sweets", "plum", "dots", "moon"),
        (
            DemoVariant("SWT-FLW-6", "여섯 개", "Six", 18000, 26),
            DemoVariant("SWT-FLW-12", "열두 개", "Twelve", 33000, 9),
        ),
    ),
)
