"use client";

import { useState } from "react";

// Into the cart without leaving the page, under one key for one intent.
export function AddToCart({ intent, added, failed, children }) {
  const [notice, setNotice] = useState(null);
  const [key, setKey] = useState(intent);

  async function add(event) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    try {
      const answer = await fetch("/api/shop/cart/items", {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Idempotency-Key": key },
        body: JSON.stringify({ variant_id: form.get("variant_id"), quantity: Number(form.get("quantity")) }),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      setKey(crypto.randomUUID());
      setNotice(added);
    } catch {
      setNotice(failed);
    }
  }

  return (
    <form method="post" action="/cart/items" className="stack" onSubmit={add}>
      <input type="hidden" name="key" value={key} readOnly />
      {children}
      {notice && <p className="notice" role="status">{notice}</p>}
    </form>
  );
}
