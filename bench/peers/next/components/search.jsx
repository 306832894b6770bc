"use client";

import { useState } from "react";

// The search of the masthead, with products that fit while one types.
export function Search({ language, label, go, children }) {
  const [found, setFound] = useState([]);

  async function look(event) {
    const q = event.target.value.trim();
    if (!q) return setFound([]);
    const answer = await fetch(`/api/shop/products?${new URLSearchParams({ q, limit: 6, lang: language })}`);
    if (answer.ok) setFound((await answer.json()).items);
  }

  return (
    <form className="search" role="search" action="/products" method="get">
      <label className="visually-hidden" htmlFor="search">{label}</label>
      <input id="search" name="q" type="search" maxLength={100} autoComplete="off" enterKeyHint="search" placeholder={label} onChange={look} />
      <ul className="suggestions" hidden={found.length === 0}>
        {found.map((product) => (
          <li key={product.id}><a href={`/products/${product.slug}`}><span>{product.name}</span></a></li>
        ))}
      </ul>
      <button className="search-go" type="submit" aria-label={go}>{children}</button>
    </form>
  );
}
