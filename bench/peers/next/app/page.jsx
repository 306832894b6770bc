import { newest } from "../lib/shop.js";
import { visitor } from "../lib/visitor.js";
import { money, wordsOf } from "../lib/words.js";

export async function generateMetadata() {
  return { title: wordsOf((await visitor()).language).slogan };
}

export default async function Home() {
  const { language } = await visitor();
  const words = wordsOf(language);
  const { items, facets } = await newest(language);
  return (
    <>
      <section className="hero">
        <div className="hero-words">
          <p className="eyebrow">{words.small}</p>
          <h1>{words.slogan}</h1>
          <p className="lead">{words.lead}</p>
          <p><a className="button" href="/products">{words.seeAll}</a></p>
        </div>
        <svg className="hero-day" viewBox="0 0 1200 520" preserveAspectRatio="xMaxYMax slice" aria-hidden="true" focusable="false">
          <circle className="sun" cx="910" cy="250" r="132" />
          <path className="hill-far" d="M0 452c150-64 330-78 520-44s330-72 680-96v208H0z" />
          <path className="hill-near" d="M0 494c220-56 420-50 620-22s330-26 580-64v112H0z" />
        </svg>
      </section>
      <nav className="categories" aria-label={words.categories}>
        {facets.categories.map(({ slug, name }) => (
          <a key={slug} className="category" href={`/products?category=${encodeURIComponent(slug)}`}>{name}</a>
        ))}
      </nav>
      <section aria-labelledby="newest">
        <div className="catalogue-head">
          <h2 id="newest">{words.newest}</h2>
          <a href="/products?sort=newest">{words.all}</a>
        </div>
        <ul className="shelf">
          {items.map((product) => <Card key={product.id} product={product} language={language} words={words} />)}
        </ul>
      </section>
    </>
  );
}

function Card({ product, language, words }) {
  return (
    <li className="card">
      <a className="card-link" href={`/products/${product.slug}`}>
        <span className="card-picture"><img src={product.picture} alt="" width="400" height="400" loading="lazy" decoding="async" /></span>
        <span className="card-name">{product.name}</span>
      </a>
      <p className="card-summary">{product.summary}</p>
      <p className="card-price">{money(product.price, language)}{!product.in_stock && <span className="tag tag-grey"> {words.soldOut}</span>}</p>
    </li>
  );
}
