import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** This clone: what is measured, and what measures it. */
export const REPOSITORY = fileURLToPath(new URL("../../../../", import.meta.url));
export const PACKAGES = join(REPOSITORY, "packages");
export const BENCH_PLUGINS = join(REPOSITORY, "tools/bench/plugins");
export const PEER_SCRIPTS = join(REPOSITORY, "tools/bench/peer");
export const DOCUMENT = join(REPOSITORY, "docs/benchmarks.md");

export type WorkerMode = "distributed" | "standalone";

/** The program that a user starts. */
export function bin(mode: WorkerMode): string {
  return join(REPOSITORY, "node_modules/.bin", `connect-${mode}`);
}

/** Ours runs distributed, as the Java worker does, once this clone has that bin. */
export function ourMode(): WorkerMode {
  return existsSync(bin("distributed")) ? "distributed" : "standalone";
}
