// The page's own place for news, which is read out; and the number at the cart.

const place = document.querySelector("[data-notices]");

export function notify(text, { away = false, link = null } = {}) {
  const notice = document.createElement("p");
  notice.className = away ? "notice notice-away" : "notice";
  notice.append(text);
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link.href;
    anchor.append(link.text);
    notice.append(" ", anchor);
  }
  place.replaceChildren(notice);
}

export function clearNotices() {
  place.replaceChildren();
}

export function showCount(count) {
  const badge = document.querySelector("[data-cart-count]");
  if (!badge) return;
  badge.textContent = count;
  badge.hidden = count === 0;
}
