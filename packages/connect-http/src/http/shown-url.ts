/** An address as messages show it: user, password and query may be secrets (I5). */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return "an address that is no URL";
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
