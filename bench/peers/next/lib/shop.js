import { cookies } from "next/headers";

const SHOP = process.env.SHOP_URL;

async function get(path, headers = {}) {
  const answer = await fetch(`${SHOP}${path}`, { cache: "no-store", headers: { Accept: "application/json", ...headers } });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`the shop answered ${answer.status}`);
  return answer.json();
}

export function newest(language) {
  return get(`/api/shop/products?sort=newest&limit=8&lang=${language}`);
}

export function product(slug, language) {
  return get(`/api/shop/products/${encodeURIComponent(slug)}?lang=${language}`);
}

// How much is in the cart, for a visitor who has one.
export async function cartCount(language) {
  const cart = (await cookies()).get("cart");
  if (!cart) return 0;
  return (await get(`/api/shop/cart?lang=${language}`, { Cookie: `cart=${cart.value}` }))?.item_count ?? 0;
}
