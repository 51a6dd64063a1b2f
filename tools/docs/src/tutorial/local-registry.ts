import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";

const ROOT = join(import.meta.dirname, "..", "..", "..", "..");

interface Tarball {
  readonly manifest: { readonly name: string; readonly version: string };
  readonly bytes: Buffer;
}

/** An npm registry with this repository's packages, as they would be published. */
export class LocalRegistry implements AsyncDisposable {
  readonly #tarballs: ReadonlyMap<string, Tarball>;
  readonly #server = createServer((request, response) => {
    const [status, body] = this.#answer(decodeURIComponent(request.url ?? ""));
    response.writeHead(status, { "cache-control": "no-store" }).end(body);
  });

  private constructor(tarballs: ReadonlyMap<string, Tarball>) {
    this.#tarballs = tarballs;
  }

  /**
   * @param names of packages; those that they need from here are packed too
   * @param folder for the tarballs
   */
  static async start(names: readonly string[], folder: string): Promise<LocalRegistry> {
    const filters = names.flatMap((name) => ["--filter", `${name}...`]);
    await promisify(execFile)(
      "npx",
      ["--yes", "pnpm@12", ...filters, "-r", "pack", "--pack-destination", folder],
      { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 },
    );
    const tarballs = new Map<string, Tarball>();
    for (const file of (await readdir(folder)).filter((name) => name.endsWith(".tgz"))) {
      const bytes = await readFile(join(folder, file));
      const manifest = manifestIn(bytes);
      tarballs.set(manifest.name, { manifest, bytes });
    }
    const registry = new LocalRegistry(tarballs);
    await new Promise<void>((resolve) => registry.#server.listen(0, "127.0.0.1", resolve));
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(path: string): [status: number, body: string | Buffer] {
    const [, name = "", rest] = /^\/(@[^/]+\/[^/]+)(\/.*)?$/.exec(path) ?? [];
    const tarball = this.#tarballs.get(name);
    if (tarball === undefined) return [404, JSON.stringify({ error: `no package ${name}` })];
    if (rest !== undefined) return [200, tarball.bytes];
    const { manifest, bytes } = tarball;
    const dist = {
      tarball: `${this.url}${name}/-/package.tgz`,
      integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`,
    };
    return [
      200,
      JSON.stringify({
        name,
        "dist-tags": { latest: manifest.version },
        versions: { [manifest.version]: { ...manifest, dist } },
      }),
    ];
  }
}

/** package.json in a packed package: blocks of 512 bytes, a header before each file's. */
function manifestIn(tarball: Buffer): Tarball["manifest"] {
  const tar = gunzipSync(tarball);
  for (let at = 0; at < tar.length;) {
    const text = (from: number, length: number) =>
      tar.toString("latin1", at + from, at + from + length).replace(/\0.*$/s, "");
    const size = Number.parseInt(text(124, 12), 8);
    if (text(0, 100) === "package/package.json") {
      return JSON.parse(tar.toString("utf8", at + 512, at + 512 + size)) as Tarball["manifest"];
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error("There is no package.json in the tarball");
}
