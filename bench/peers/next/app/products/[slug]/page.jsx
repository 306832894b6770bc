import { randomUUID } from "node:crypto";

import { notFound } from "next/navigation";
import { cache } from "react";

import { AddToCart } from "../../../components/add-to-cart.jsx";
import { Icon } from "../../../components/icon.jsx";
import { product as readProduct } from "../../../lib/shop.js";
import { visitor } from "../../../lib/visitor.js";
import { money, wordsOf } from "../../../lib/words.js";

// Asked once a request, for the head and for the page.
const read = cache(readProduct);

export async function generateMetadata({ params }) {
  const product = await read((await params).slug, (await visitor()).language);
  return product ? { title: product.name, description: product.summary } : {};
}

export default async function Product({ params }) {
  const { language } = await visitor();
  const words = wordsOf(language);
  const product = await read((await params).slug, language);
  if (!product) notFound();
  const chosen = product.variants.find((variant) => variant.in_stock)?.id;
  return (
    <>
      <nav className="crumbs" aria-label={words.here}>
        <a href="/products">{words.products}</a> <span aria-hidden="true">/</span>{" "}
        <a href={`/products?category=${encodeURIComponent(product.category.slug)}`}>{product.category.name}</a>
      </nav>
      <article className="product">
        <div className="product-picture"><img src={product.picture} alt={product.name} width="800" height="800" fetchPriority="high" /></div>
        <div className="product-words">
          <h1>{product.name}</h1>
          <p className="lead">{product.summary}</p>
          <AddToCart intent={randomUUID()} added={words.added} failed={words.failed}>
            <fieldset className="variants">
              <legend className={product.variants.length === 1 ? "visually-hidden" : undefined}>{words.choose}</legend>
              {product.variants.map((variant) => (
                <Variant key={variant.id} variant={variant} chosen={chosen} language={language} words={words} />
              ))}
            </fieldset>
            {chosen ? (
              <div className="buy">
                <div className="field">
                  <label htmlFor="quantity">{words.quantity}</label>
                  <input id="quantity" name="quantity" type="number" inputMode="numeric" min="1" max="10" defaultValue="1" required />
                </div>
                <button className="button" type="submit"><Icon name="cart" />{words.add}</button>
              </div>
            ) : (
              <p className="notice notice-warning">{words.gone}</p>
            )}
          </AddToCart>
          <div className="product-text">
            {product.description.split("\n\n").map((paragraph) => <p key={paragraph}>{paragraph}</p>)}
          </div>
        </div>
      </article>
    </>
  );
}

function Variant({ variant, chosen, language, words }) {
  const left = variant.available < 10 ? words.left.replace("{n}", variant.available) : words.inStock;
  return (
    <label className="variant">
      <input type="radio" name="variant_id" value={variant.id} required defaultChecked={variant.id === chosen} disabled={!variant.in_stock} />
      <span className="variant-name">{variant.name}</span>
      <span className="variant-price">{money(variant.price, language)}</span>
      <span className="small variant-stock">{variant.in_stock ? left : words.soldOut}</span>
    </label>
  );
}
