// Money as the page's language writes it: the same as the server does.

const language = document.documentElement.lang;
const formats = new Map();

export function money({ amount, currency }) {
  if (language === "ko" && currency === "KRW") return `${new Intl.NumberFormat("ko").format(amount)}원`;
  if (!formats.has(currency)) {
    formats.set(currency, new Intl.NumberFormat(language, { style: "currency", currency }));
  }
  const format = formats.get(currency);
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}
