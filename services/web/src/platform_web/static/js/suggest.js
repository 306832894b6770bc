// Products that fit while one types in the search of the masthead. Enter searches as ever.
import { call } from "./api.js";
import { money } from "./money.js";

const WAIT_MS = 180;
const MOST = 6;

export function suggest(input) {
  const panel = document.querySelector("[data-suggestions]");
  // The list of products searches by itself.
  if (!panel || document.querySelector("[data-catalogue]")) return;
  let timer = null;
  let running = null;

  input.addEventListener("input", () => {
    clearTimeout(timer);
    running?.abort();
    const words = input.value.trim();
    if (words) timer = setTimeout(() => look(words), WAIT_MS);
    else close();
  });
  input.form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) {
      close();
      input.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (move(event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    }
  });
  input.form.addEventListener("focusout", (event) => {
    if (!input.form.contains(event.relatedTarget)) close();
  });

  async function look(words) {
    running = new AbortController();
    const query = new URLSearchParams({ q: words, limit: MOST, lang: document.documentElement.lang });
    try {
      const { status, data } = await call("GET", `/api/shop/products?${query}`, { signal: running.signal });
      if (status === 200 && input.value.trim() === words) show(data.items);
    } catch {
      close();
    }
  }

  function show(products) {
    panel.replaceChildren(...products.map(entry));
    panel.hidden = products.length === 0;
  }

  function close() {
    clearTimeout(timer);
    panel.hidden = true;
  }

  function move(step) {
    const links = Array.from(panel.querySelectorAll("a"));
    if (panel.hidden || links.length === 0) return false;
    const next = links.indexOf(document.activeElement) + step;
    (links[next] ?? input).focus();
    return true;
  }
}

function entry(product) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = `/products/${encodeURIComponent(product.slug)}`;
  const name = document.createElement("span");
  name.append(product.name);
  const price = document.createElement("span");
  price.className = "small";
  price.append(money(product.price));
  link.append(name, price);
  item.append(link);
  return item;
}
