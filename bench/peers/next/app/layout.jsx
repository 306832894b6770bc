import "./site.css";

import { Icon } from "../components/icon.jsx";
import { Search } from "../components/search.jsx";
import { cartCount } from "../lib/shop.js";
import { visitor } from "../lib/visitor.js";
import { wordsOf } from "../lib/words.js";

export const metadata = { title: { default: "Haru", template: "%s · Haru" } };
export const viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f8f4ec" },
    { media: "(prefers-color-scheme: dark)", color: "#131715" },
  ],
};

export default async function Layout({ children }) {
  const { language, theme } = await visitor();
  const words = wordsOf(language);
  const count = await cartCount(language);
  return (
    <html lang={language} data-theme={theme}>
      <body>
        <a className="skip" href="#content">{words.skip}</a>
        <header className="masthead">
          <div className="masthead-row">
            <a className="brand" href="/">
              <svg className="brand-mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true"><circle cx="16" cy="15" r="9" /><path d="M2 21.5h28" /></svg>
              <span>Haru</span>
            </a>
            <Search language={language} label={words.searchProducts} go={words.search}><Icon name="search" /></Search>
            <nav className="nav" aria-label={words.main}>
              <a href="/products" className="nav-wide">{words.products}</a>
              <a href="/log-in" className="nav-icon"><Icon name="person" /><span>{words.logIn}</span></a>
              <a href="/cart" className="nav-icon"><Icon name="cart" /><span>{words.cart}</span><b className="count" hidden={count === 0}>{count}</b></a>
            </nav>
          </div>
        </header>
        <main id="content" tabIndex={-1}>
          <div className="notices" role="status" aria-live="polite" />
          {children}
        </main>
        <Footer language={language} theme={theme} words={words} />
      </body>
    </html>
  );
}

function Footer({ language, theme, words }) {
  return (
    <footer className="footer">
      <div className="footer-row">
        <p className="footer-line">Haru — {words.line}</p>
        <nav className="footer-links" aria-label={words.more}>
          <a href="/products">{words.products}</a>
          <a href="/orders">{words.orders}</a>
          <a href="/account">{words.account}</a>
          <a href="/problems">{words.wrong}</a>
        </nav>
        <form className="switches" method="post" action="/preferences">
          <fieldset className="switch">
            <legend>{words.language}</legend>
            {[["ko", "한국어"], ["en", "English"]].map(([value, name]) => (
              <button key={value} name="language" value={value} lang={value} type="submit" aria-pressed={value === language}>{name}</button>
            ))}
          </fieldset>
          <fieldset className="switch">
            <legend>{words.colours}</legend>
            {["system", "light", "dark"].map((value) => (
              <button key={value} name="theme" value={value} type="submit" aria-pressed={value === theme}>{words[value]}</button>
            ))}
          </fieldset>
        </form>
      </div>
    </footer>
  );
}
