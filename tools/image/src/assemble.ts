import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pack, run, RUNTIME } from "@millrace/packaging";
import { install, layOut } from "./lay-out.ts";
import { planOf } from "./plan.ts";

export interface Wanted {
  /** Plugins, as `planOf` takes them. */
  readonly plugins: readonly string[];
  readonly runtime?: string;
  /** Packages of this repository come from here instead of the registry. */
  readonly fromWorkspace?: boolean;
}

/** Assembles what is wanted into a tarball, whose only folder is `millrace`. */
export async function assembleTarball(file: string, wanted: Wanted): Promise<void> {
  await using work = await workFolder();
  const folder = join(work.path, "millrace");
  await prepare(folder, wanted, true);
  await rm(join(folder, "packages"), { recursive: true });
  await rm(join(folder, "Dockerfile"));
  await run("tar", ["czf", resolve(file), "millrace"], work.path);
}

/**
 * Builds an image with Docker, or what answers to that name.
 * @param tag of the image
 */
export async function buildImage(tag: string, wanted: Wanted): Promise<void> {
  await using work = await workFolder();
  await prepare(work.path, wanted, false);
  await run("docker", ["build", "--tag", tag, "."], work.path);
}

/** Writes the folder that an image is built from, for other builders. */
export function writeContext(folder: string, wanted: Wanted): Promise<void> {
  return prepare(resolve(folder), wanted, false);
}

async function prepare(folder: string, wanted: Wanted, installed: boolean): Promise<void> {
  const plan = planOf(wanted.runtime ?? RUNTIME, wanted.plugins);
  await using tarballs = await workFolder();
  const packed = wanted.fromWorkspace === true ? await pack(tarballs.path) : [];
  await layOut(folder, plan, packed);
  if (installed) await install(folder, plan);
}

async function workFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "image-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
