import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { build } from "vitepress";

const SITE = join(import.meta.dirname, "..");

/** VitePress refuses links that lead nowhere. */
test("the site can be built, and no link is dead", async () => {
  const folder = await mkdtemp(join(tmpdir(), "millrace-site-"));
  try {
    await build(SITE, { outDir: folder });
    expect(await readFile(join(folder, "index.html"), "utf8")).toContain("Kafka Connect for Node");
    const page = await readFile(join(folder, "packages", "connect-file.html"), "utf8");
    expect(page).toContain("FileStreamSourceConnector");
    expect(page).not.toContain("&lt;!--");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
