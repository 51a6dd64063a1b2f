/** What belongs into every package. */
const NEEDED = ["package.json", "README.md", "LICENSE"];

/** Sources are shipped with the maps that lead to them: debuggers and editors show what was written. */
const SHIPPED = [
  /^bin\/[\w-]+\.js$/,
  /^dist\/.+\.(?:js|js\.map|d\.ts|d\.ts\.map)$/,
  /^src\/.+\.ts$/,
  // What `npm create` copies.
  /^template\//,
];
const OF_TESTS = /\.test\.|\.bench\.|(?:^|\/)(?:test|fixtures|golden)\//;

/** @returns what is wrong with the contents of a package; nothing is good */
export function contentProblems(contents: readonly string[]): string[] {
  const missing = NEEDED.filter((file) => !contents.includes(file));
  const odd = contents.filter((path) => !NEEDED.includes(path) && !isShipped(path));
  return [
    ...missing.map((path) => `${path} is missing`),
    ...odd.map((path) => `${path} is for developers only`),
    ...danglingMaps(contents),
  ];
}

function isShipped(path: string): boolean {
  if (!SHIPPED.some((pattern) => pattern.test(path))) return false;
  return path.startsWith("template/") || !OF_TESTS.test(path);
}

function danglingMaps(contents: readonly string[]): string[] {
  const known = new Set(contents);
  return contents
    .filter((path) => /^dist\/.+\.js\.map$/.test(path))
    .map((path) => path.replace(/^dist\/(.+)\.js\.map$/, "src/$1.ts"))
    .filter((source) => !known.has(source))
    .map((source) => `${source} is missing, to which a map in dist leads`);
}
