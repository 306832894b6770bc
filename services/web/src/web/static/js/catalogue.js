// The list of products follows what is typed and chosen, without a reload; the address keeps up.
import { call } from "./api.js";
import { money } from "./money.js";

const WAIT_MS = 200;

const catalogue = document.querySelector("[data-catalogue]");
const filters = document.querySelector("[data-filters]");
const search = document.querySelector("#search");

if (filters && search) {
  let timer = null;
  let running = null;

  search.addEventListener("input", later);
  search.form.addEventListener("submit", now);
  filters.addEventListener("input", later);
  filters.addEventListener("submit", now);

  function later() {
    clearTimeout(timer);
    timer = setTimeout(look, WAIT_MS);
  }

  function now(event) {
    event.preventDefault();
    clearTimeout(timer);
    look();
  }

  async function look() {
    running?.abort();
    running = new AbortController();
    const asked = parameters();
    try {
      const query = new URLSearchParams({ ...asked, lang: document.documentElement.lang, limit: 24 });
      const { status, data } = await call("GET", `/api/shop/products?${query}`, { signal: running.signal });
      if (status !== 200) return;
      const shown = new URLSearchParams(asked).toString();
      history.replaceState(null, "", shown ? `/products?${shown}` : "/products");
      show(data, asked);
    } catch {
      // Aborted by the next letter, or no connection: the list stays as it is, and Enter still searches.
    }
  }

  function parameters() {
    const form = new FormData(filters);
    const asked = { q: search.value.trim() };
    for (const name of ["category", "min_price", "max_price", "in_stock", "sort"]) asked[name] = form.get(name) ?? "";
    if (asked.sort === "relevance") asked.sort = "";
    return Object.fromEntries(Object.entries(asked).filter(([, value]) => value));
  }
}

function show(data, asked) {
  const template = catalogue.querySelector("[data-card]");
  catalogue.querySelector("[data-shelf]").replaceChildren(...data.items.map((product) => card(template, product)));
  catalogue.querySelector("[data-nothing]").hidden = data.items.length > 0;
  const count = data.total_estimate ?? data.items.length;
  const words = catalogue.dataset[count === 1 ? "one" : "many"];
  catalogue.querySelector("[data-found]").textContent = words.replace("{number}", count);
  const more = catalogue.querySelector("[data-more]");
  more.hidden = !data.next;
  if (data.next) {
    const link = more.querySelector("[rel=next]") ?? more.appendChild(document.createElement("a"));
    link.rel = "next";
    link.className = "button button-quiet";
    link.textContent = catalogue.dataset.moreWords;
    link.href = `/products?${new URLSearchParams({ ...asked, cursor: data.next })}`;
    more.replaceChildren(link);
  }
}

function card(template, product) {
  const copy = template.content.cloneNode(true);
  copy.querySelector("a").href = `/products/${encodeURIComponent(product.slug)}`;
  copy.querySelector("img").src = product.picture;
  copy.querySelector(".card-name").textContent = product.name;
  copy.querySelector(".card-summary").textContent = product.summary;
  copy.querySelector("[data-price]").textContent = money(product.price);
  copy.querySelector("[data-sold-out]").hidden = product.in_stock;
  return copy;
}
