// Add to the cart without leaving the page. When that cannot be done, the form goes its own way, under the same key.
import { call, newKey } from "./api.js";
import { clearNotices, notify, showCount } from "./notices.js";

const form = document.querySelector("[data-add-to-cart]");
// Next to the button: the top of the page may be out of view.
const place = document.querySelector("[data-add-status]");
let adding = false;

// A message about an earlier attempt does not apply to the next one.
form?.addEventListener("input", () => clearNotices(place));
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  // A second click is the same intent.
  if (adding) return;
  adding = true;
  clearNotices(place);
  const button = form.querySelector("button[type=submit]");
  button.setAttribute("aria-disabled", "true");
  const body = { variant_id: form.variant_id.value, quantity: Number(form.quantity.value) };
  try {
    const { status, data } = await call("POST", "/api/shop/cart/items", {
      body,
      key: form.key.value,
      onWait: () => notify(form.dataset.waiting, { warning: true, place }),
    });
    if (status !== 200) {
      form.submit();
      return;
    }
    form.key.value = newKey();
    showCount(data.item_count);
    notify(form.dataset.added, { link: { href: "/cart", text: form.dataset.toCart }, place });
  } catch {
    notify(form.dataset.failed, { warning: true, place });
  } finally {
    adding = false;
    button.removeAttribute("aria-disabled");
  }
});
