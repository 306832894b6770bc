import { cookies, headers } from "next/headers";

const LANGUAGES = ["ko", "en"];

export async function visitor() {
  const kept = await cookies();
  const chosen = kept.get("lang")?.value;
  const accepted = ((await headers()).get("accept-language") ?? "").slice(0, 2);
  const language = [chosen, accepted].find((tag) => LANGUAGES.includes(tag)) ?? "en";
  return { language, theme: kept.get("theme")?.value ?? "system" };
}
