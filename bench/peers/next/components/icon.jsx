const PATHS = {
  search: <><circle cx="10.5" cy="10.5" r="6" /><path d="m15 15 5 5" /></>,
  person: <><circle cx="12" cy="8" r="4" /><path d="M4.5 20.5c1-4 4-6 7.5-6s6.5 2 7.5 6" /></>,
  cart: <><path d="M5 8h14l-1.2 12H6.2z" /><path d="M9 10.5V7a3 3 0 0 1 6 0v3.5" /></>,
};

export function Icon({ name }) {
  return <svg className="icon" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">{PATHS[name]}</svg>;
}
