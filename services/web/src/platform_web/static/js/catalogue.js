// The list of products follows what is typed and chosen, without a reload; the address keeps up.
import { call } from "./api.js";
import { findWrong } from "./fields.js";
import { money } from "./money.js";

const WAIT_MS = 200;
const PAGE_SIZE = 24;
const FIELDS = ["category", "min_price", "max_price", "in_stock", "sort"];

const catalogue = document.querySelector("[data-catalogue]");
const filters = document.querySelector("[data-filters]");
const search = document.querySelector("#search");
const number = new Intl.NumberFormat(document.documentElement.lang);

if (filters && search) {
  let timer = null;
  let running = null;
  let sortIsChosen = new URLSearchParams(location.search).has("sort");

  search.addEventListener("input", later);
  search.form.addEventListener("submit", now);
  filters.addEventListener("input", later);
  filters.addEventListener("submit", now);
  filters.sort.addEventListener("change", () => {
    sortIsChosen = true;
  });
  catalogue.querySelector("[data-more]").addEventListener("click", addPage);

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
    if (findWrong(filters).length > 0) return;
    running?.abort();
    running = new AbortController();
    offerSorts(filters.sort, search.value.trim(), sortIsChosen);
    const asked = parameters();
    const data = await find(asked, running.signal);
    if (!data) return;
    history.replaceState(null, "", place(asked));
    show(data, asked);
  }

  function parameters() {
    const form = new FormData(filters);
    const asked = { q: search.value.trim() };
    for (const name of FIELDS) asked[name] = form.get(name) ?? "";
    for (const name of ["min_price", "max_price"]) asked[name] = asked[name].replace(/[,\s]/g, "");
    if (asked.sort === filters.sort.options[0].value) asked.sort = "";
    return Object.fromEntries(Object.entries(asked).filter(([, value]) => value));
  }

  // The next page is added to the list, rather than shown in its place.
  async function addPage(event) {
    const link = event.target.closest("a[rel=next]");
    if (!link) return;
    event.preventDefault();
    const asked = Object.fromEntries(new URL(link.href).searchParams);
    const data = await find(asked);
    if (!data) {
      location.assign(link.href);
      return;
    }
    const added = data.items.map(card);
    catalogue.querySelector("[data-shelf]").append(...added);
    showMore(data.next, asked);
    added[0]?.querySelector("a").focus();
  }
}

// Return what the shop finds, or null: when the next letter has made it useless, or there is no connection.
async function find(asked, signal) {
  const sort = asked.sort ?? filters.sort.options[0].value;
  const query = new URLSearchParams({ ...asked, sort, lang: document.documentElement.lang, limit: PAGE_SIZE });
  const onWait = () => {
    if (!signal?.aborted) catalogue.querySelector("[data-found]").textContent = catalogue.dataset.waiting;
  };
  try {
    const { status, data } = await call("GET", `/api/shop/products?${query}`, { signal, onWait });
    return status === 200 ? data : null;
  } catch {
    return null;
  }
}

function place(asked) {
  const query = new URLSearchParams(asked).toString();
  return query ? `/products?${query}` : "/products";
}

// Without words nothing is a better match than anything else.
function offerSorts(select, words, isChosen) {
  const relevance = select.querySelector("[value=relevance]");
  if (words && !relevance) select.prepend(new Option(catalogue.dataset.relevance, "relevance"));
  if (!words) relevance?.remove();
  if (!isChosen) select.selectedIndex = 0;
}

function show(data, asked) {
  catalogue.querySelector("[data-shelf]").replaceChildren(...data.items.map(card));
  catalogue.querySelector("[data-nothing]").hidden = data.items.length > 0;
  catalogue.querySelector("[data-found]").textContent = countWords(data.total_estimate);
  catalogue.querySelector("[data-more] :not([rel=next])")?.remove();
  showMore(data.next, asked);
  showCategories(data.facets.categories);
  showHeading(asked, data.facets.categories);
  const clear = filters.querySelector("[data-clear]");
  clear.hidden = !FIELDS.some((name) => name !== "sort" && asked[name]);
  clear.href = place(Object.fromEntries(Object.entries(asked).filter(([name]) => name === "q" || name === "sort")));
}

function countWords(count) {
  if (count === null || count === undefined) return "";
  return catalogue.dataset[count === 1 ? "one" : "many"].replace("{number}", number.format(count));
}

function showMore(next, asked) {
  const more = catalogue.querySelector("[data-more]");
  let link = more.querySelector("[rel=next]");
  if (!next) link?.remove();
  else {
    link ??= more.appendChild(document.createElement("a"));
    link.rel = "next";
    link.className = "button button-quiet";
    link.textContent = catalogue.dataset.moreWords;
    link.href = place({ ...asked, cursor: next });
  }
  more.hidden = more.children.length === 0;
}

// How many products of the search are in each category. Choices stay where they are: one of them may have the focus.
function showCategories(categories) {
  const choices = filters.querySelector("[data-categories]");
  const counts = new Map(categories.map(({ slug, count }) => [slug, count]));
  for (const input of choices.querySelectorAll("input:not([value=''])")) {
    input.parentElement.querySelector("[data-count]").textContent = number.format(counts.get(input.value) ?? 0);
    counts.delete(input.value);
  }
  for (const category of categories.filter(({ slug }) => counts.has(slug))) choices.append(choice(category));
}

function choice({ slug, name, count }) {
  const copy = catalogue.querySelector("[data-choice]").content.cloneNode(true);
  copy.querySelector("input").value = slug;
  copy.querySelector("[data-name]").textContent = name;
  copy.querySelector("[data-count]").textContent = number.format(count);
  return copy;
}

function showHeading(asked, categories) {
  const category = categories.find(({ slug }) => slug === asked.category)?.name;
  const text = asked.q ? catalogue.dataset.search.replace("{words}", () => asked.q) : (category ?? catalogue.dataset.all);
  const heading = catalogue.querySelector("[data-heading]");
  document.title = document.title.replace(heading.textContent, () => text);
  heading.textContent = text;
}

function card(product) {
  const copy = catalogue.querySelector("[data-card]").content.firstElementChild.cloneNode(true);
  copy.querySelector("a").href = `/products/${encodeURIComponent(product.slug)}`;
  copy.querySelector("img").src = product.picture;
  copy.querySelector(".card-name").textContent = product.name;
  copy.querySelector(".card-summary").textContent = product.summary;
  copy.querySelector("[data-price]").textContent = money(product.price);
  copy.querySelector("[data-sold-out]").hidden = product.in_stock;
  return copy;
}
