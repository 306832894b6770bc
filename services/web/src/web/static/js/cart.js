// The cart without reload: a change shows at once, and is taken back when the shop says no.
import { call, newKey } from "./api.js";
import { money } from "./money.js";
import { clearNotices, notify, showCount } from "./notices.js";

const cart = document.querySelector("[data-cart]");
// By variant: what the visitor wants next, while an earlier change is on its way.
const wanted = new Map();
const busy = new Set();

for (const line of cart?.querySelectorAll("[data-line]") ?? []) {
  const quantity = line.querySelector("[name=quantity][type=number]");
  line.dataset.quantity = quantity.value;
  quantity.addEventListener("change", () => {
    if (quantity.checkValidity()) change(line, Number(quantity.value));
  });
  line.querySelector("[data-line-form]").addEventListener("submit", (event) => {
    event.preventDefault();
    if (quantity.reportValidity()) change(line, Number(quantity.value));
  });
  line.querySelector("[data-line-remove]").addEventListener("submit", (event) => {
    event.preventDefault();
    change(line, 0);
  });
}

async function change(line, quantity) {
  const variant = line.dataset.line;
  wanted.set(variant, quantity);
  foresee(line, quantity);
  if (busy.has(variant)) return;
  busy.add(variant);
  clearNotices();
  try {
    while (wanted.has(variant)) {
      const next = wanted.get(variant);
      wanted.delete(variant);
      const { status, data } = await call("PUT", `/api/shop/cart/items/${variant}`, {
        body: { quantity: next },
        key: newKey(),
      });
      if (status === 401) {
        location.reload();
        return;
      }
      if (status !== 200) throw new Error(data?.code ?? String(status));
      if (!wanted.has(variant)) show(data);
    }
  } catch (error) {
    wanted.delete(variant);
    takeBack(line);
    notify(error.message === "quantity-unavailable" ? cart.dataset.tooMany : cart.dataset.failed, { away: true });
  } finally {
    busy.delete(variant);
  }
}

// Before the shop has answered.
function foresee(line, quantity) {
  const unit = { amount: Number(line.dataset.amount), currency: line.dataset.currency };
  line.classList.toggle("line-going", quantity === 0);
  line.querySelector("[data-line-total]").textContent = money({ ...unit, amount: unit.amount * quantity });
}

function takeBack(line) {
  const quantity = Number(line.dataset.quantity);
  line.querySelector("[name=quantity][type=number]").value = quantity;
  foresee(line, quantity);
}

// As the shop says it is.
function show(data) {
  const lines = new Map(data.items.map((item) => [item.variant_id, item]));
  for (const line of cart.querySelectorAll("[data-line]")) {
    const item = lines.get(line.dataset.line);
    if (!item) {
      remove(line);
      continue;
    }
    line.dataset.quantity = item.quantity;
    if (!wanted.has(line.dataset.line) && !busy.has(line.dataset.line)) {
      line.querySelector("[name=quantity][type=number]").value = item.quantity;
    }
    line.querySelector("[data-line-total]").textContent = money(item.line_total);
  }
  cart.querySelector("[data-cart-total]").textContent = money(data.total);
  cart.querySelector("[data-cart-empty]").hidden = data.items.length > 0;
  cart.querySelector("[data-cart-full]").hidden = data.items.length === 0;
  showCount(data.item_count);
}

function remove(line) {
  const hadFocus = line.contains(document.activeElement);
  const next = line.nextElementSibling ?? line.previousElementSibling;
  line.remove();
  if (hadFocus) (next?.querySelector("[type=number]") ?? document.querySelector("main")).focus();
  notify(cart.dataset.removed);
}
