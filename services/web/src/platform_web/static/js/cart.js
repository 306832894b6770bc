// The cart without reload: a change shows at once, and is taken back when the shop says no.
import { call, newKey } from "./api.js";
import { money } from "./money.js";
import { clearNotices, notify, showCount } from "./notices.js";

const cart = document.querySelector("[data-cart]");
// So many pieces or more are left: the shop names smaller numbers only (ADR 0017).
const PUBLIC_STOCK = 10;
// By variant: what the visitor wants next, while an earlier change is on its way.
const wanted = new Map();
const busy = new Set();

for (const line of cart?.querySelectorAll("[data-line]") ?? []) {
  const quantity = line.querySelector("[name=quantity][type=number]");
  const form = line.querySelector("[data-line-form]");
  // What the cart holds: a field that was refused shows what was typed.
  line.dataset.quantity = quantity.dataset.lineQuantity;
  quantity.addEventListener("change", () => enter(line, quantity));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    enter(line, quantity);
  });
  line.querySelector("[data-line-remove]").addEventListener("submit", (event) => {
    event.preventDefault();
    change(line, 0);
  });
}

function enter(line, field) {
  if (field.checkValidity()) change(line, Number(field.value));
  else refuse(line, cart.dataset.wrong);
}

async function change(line, quantity) {
  const variant = line.dataset.line;
  // Enter is a change of the field and a submission of the form.
  if (quantity === Number(line.dataset.quantity) && !busy.has(variant)) return;
  wanted.set(variant, quantity);
  line.dataset.wanted = quantity;
  showMessage(line, "");
  preview(line, quantity);
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
        onWait: () => showMessage(line, cart.dataset.waiting),
      });
      stopWaiting(line);
      if (status === 401) {
        location.reload();
        return;
      }
      if (status !== 200) throw new Error(data?.code ?? String(status));
      if (!wanted.has(variant)) show(data);
    }
  } catch (error) {
    wanted.delete(variant);
    busy.delete(variant);
    refuse(line, error.message === "quantity-unavailable" ? await shortage(variant) : cart.dataset.failed);
  } finally {
    busy.delete(variant);
  }
}

// Before the shop has responded.
function preview(line, quantity) {
  const unit = { amount: Number(line.dataset.amount), currency: line.dataset.currency };
  line.classList.toggle("line-going", quantity === 0);
  line.querySelector("[data-line-total]").textContent = money({ ...unit, amount: unit.amount * quantity });
}

// Put back what the cart holds, or will hold in a moment, and say why at the field, which is in view.
function refuse(line, reason) {
  const quantity = Number(busy.has(line.dataset.line) ? line.dataset.wanted : line.dataset.quantity);
  line.querySelector("[name=quantity][type=number]").value = quantity;
  preview(line, quantity);
  showMessage(line, `${reason} ${cart.dataset.kept.replace("{number}", quantity)}`);
}

function showMessage(line, text) {
  const error = line.querySelector("[data-line-error]");
  error.textContent = text;
  error.hidden = text === "";
  line.querySelector("[name=quantity][type=number]").removeAttribute("aria-invalid");
}

function stopWaiting(line) {
  if (line.querySelector("[data-line-error]").textContent === cart.dataset.waiting) showMessage(line, "");
}

// Why the shop refuses a quantity, with the number that is left where it is public.
async function shortage(variant) {
  const { data } = await call("GET", "/api/shop/cart");
  const available = data?.items?.find((item) => item.variant_id === variant)?.available ?? PUBLIC_STOCK;
  if (available === 0) return cart.dataset.soldOut;
  return available < PUBLIC_STOCK ? cart.dataset.few.replace("{number}", available) : cart.dataset.fewer;
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
    if (item.in_stock) line.querySelector("[data-line-short]")?.remove();
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
