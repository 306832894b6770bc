// Add to the cart without leaving the page. When that cannot be done, the form goes its own way, under the same key.
import { call, newKey } from "./api.js";
import { clearNotices, notify, showCount } from "./notices.js";

const form = document.querySelector("[data-add-to-cart]");
let adding = false;

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  // A second click is the same intent.
  if (adding) return;
  adding = true;
  clearNotices();
  const button = form.querySelector("button[type=submit]");
  button.setAttribute("aria-disabled", "true");
  const body = { variant_id: form.variant_id.value, quantity: Number(form.quantity.value) };
  try {
    const { status, data } = await call("POST", "/api/shop/cart/items", { body, key: form.key.value });
    if (status !== 200) {
      form.submit();
      return;
    }
    form.key.value = newKey();
    showCount(data.item_count);
    notify(form.dataset.added, { link: { href: "/cart", text: form.dataset.toCart } });
  } catch {
    notify(form.dataset.failed, { away: true });
  } finally {
    adding = false;
    button.removeAttribute("aria-disabled");
  }
});
