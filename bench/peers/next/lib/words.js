const words = {
  en: {
    slogan: "Good things for every day", line: "good things for every day", small: "A small shop",
    lead: "Made by people we know, chosen because we use them ourselves.", skip: "Skip to content",
    search: "Search", searchProducts: "Search products", products: "Products", logIn: "Log in", cart: "Cart", main: "Main",
    seeAll: "See all products", newest: "New arrivals", all: "All products", categories: "Categories", more: "More",
    orders: "Orders", account: "Account", wrong: "When something goes wrong", language: "Language", colours: "Theme",
    system: "System", light: "Light", dark: "Dark", soldOut: "Sold out", here: "You are here", choose: "Choose an option",
    inStock: "in stock", left: "only {n} left", quantity: "Quantity", add: "Add to cart", added: "Added to your cart.",
    failed: "There is no connection. Try again in a moment: it will be put in once.",
    gone: "Sold out for now. Check back soon.",
  },
  ko: {
    slogan: "매일 쓰는 좋은 물건", line: "매일 쓰는 좋은 물건", small: "작은 상점",
    lead: "아는 사람들이 만들고, 우리가 직접 쓰기에 고른 물건들입니다.", skip: "본문으로 건너뛰기",
    search: "검색", searchProducts: "상품 검색", products: "상품", logIn: "로그인", cart: "장바구니", main: "주 메뉴",
    seeAll: "전체 상품 보기", newest: "새로 들어온 상품", all: "전체 상품", categories: "분류", more: "더 보기",
    orders: "주문", account: "계정", wrong: "문제가 생겼을 때", language: "언어", colours: "색상",
    system: "기기 설정", light: "밝게", dark: "어둡게", soldOut: "품절", here: "현재 위치", choose: "선택",
    inStock: "재고 있음", left: "{n}개 남음", quantity: "수량", add: "장바구니에 담기", added: "장바구니에 담았어요.",
    failed: "연결되지 않습니다. 잠시 뒤에 다시 해 주세요. 한 번만 담깁니다.",
    gone: "지금은 품절입니다.",
  },
};

export function wordsOf(language) {
  return words[language];
}

export function money({ amount, currency }, language) {
  if (language === "ko" && currency === "KRW") return `${new Intl.NumberFormat("ko").format(amount)}원`;
  const format = new Intl.NumberFormat(language, { style: "currency", currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}
