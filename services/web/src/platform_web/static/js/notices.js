// Places for news, which are read out: the page's own or one next to a button; and the number at the cart.

const pageNotices = document.querySelector("[data-notices]");

export function notify(text, { warning = false, link = null, place = pageNotices } = {}) {
  const notice = document.createElement("p");
  notice.className = warning ? "notice notice-warning" : "notice";
  notice.append(text);
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link.href;
    anchor.append(link.text);
    notice.append(" ", anchor);
  }
  place.replaceChildren(notice);
}

export function clearNotices(place = pageNotices) {
  place.replaceChildren();
}

export function showCount(count) {
  const badge = document.querySelector("[data-cart-count]");
  if (!badge) return;
  badge.textContent = count;
  badge.hidden = count === 0;
}
