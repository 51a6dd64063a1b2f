import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";

/** The top of the repository. */
export const ROOT = join(import.meta.dirname, "..", "..", "..");

/** Which files become pages, and their addresses on the site. */
export const PAGES: Readonly<Record<string, string>> = {
  "README.md": "index.md",
  "docs/adr/:page.md": "adr/:page.md",
  "docs/:page.md": ":page.md",
  "packages/:name/README.md": "packages/:name.md",
};

const PATTERNS = Object.entries(PAGES).map(([from, to]) => ({
  from: new RegExp(`^${from.replaceAll(".", "\\.").replace(/:\w+/, "([^/]+)")}$`),
  to: to.replace(/:\w+/, "$1").replace(/\.md$/, ""),
}));

/**
 * The page that a file is shown as, from the site's top and without extension.
 * @param file from the top of the repository, with forward slashes
 */
export function pageOf(file: string): string | undefined {
  const pattern = PATTERNS.find(({ from }) => from.test(file));
  return pattern && file.replace(pattern.from, pattern.to);
}

/**
 * Where a link of a file leads on the site: a page where there is one of it, nowhere for what is
 * only in the repository.
 * @param file that has the link, from the top of the repository
 * @throws {Error} when there is no such file in the repository either
 */
export function siteLink(file: string, href: string): string | undefined {
  const [path = "", hash] = href.split("#", 2);
  if (path === "") return href;
  const target = posix.join(posix.dirname(file), path).replace(/\/$/, "");
  if (!existsSync(join(ROOT, target)))
    throw new Error(`${file} links to ${href}: there is no ${target}`);
  const shown = readmeOf(target);
  const page = existsSync(join(ROOT, shown)) ? pageOf(shown) : undefined;
  return page && `/${page === "index" ? "" : page}${hash === undefined ? "" : `#${hash}`}`;
}

/** A folder stands for the README within it. */
function readmeOf(target: string): string {
  return statSync(join(ROOT, target)).isDirectory() ? `${target}/README.md` : target;
}

/** The first heading of a page. @param file from the top of the repository */
export function titleOf(file: string): string {
  const text = readFileSync(join(ROOT, file), "utf8");
  const title = /^# (.+)$/m.exec(text)?.[1];
  if (title === undefined) throw new Error(`${file} has no heading`);
  return title.replaceAll("`", "");
}

/** Files of a folder that become pages, in order of their names. */
export function pagesIn(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder)).toSorted();
  const files = folder === "packages" ? names.map((name) => `${name}/README.md`) : names;
  return files
    .map((name) => `${folder}/${name}`)
    .filter((file) => pageOf(file) !== undefined && existsSync(join(ROOT, file)));
}
