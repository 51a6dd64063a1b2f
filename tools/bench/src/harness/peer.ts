import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { startProgress } from "@millrace/services";
import { PEER_SCRIPTS } from "./places.ts";
import { runOwned } from "./run-owned.ts";

const PLUGIN_FOLDERS = ["file", "debezium-postgres", "debezium-jdbc", "mongo"];

/** The Java worker and the Python environment of the benchmark scripts, in the user's cache folder. */
export interface Peer {
  /** Kafka Connect's jars. */
  readonly libs: string;
  /** One folder per plugin: connect-file, Debezium's two, MongoDB's. */
  readonly plugins: string;
  readonly filePlugin: string;
  readonly python: string;
  readonly kafkaVersion: string;
}

/**
 * Finds the peer, or downloads it: some 300 MB, once.
 * @throws Error with the end of the script's output when that fails
 */
export async function obtainPeer(): Promise<Peer> {
  const root = process.env["MILLRACE_PEER"] ?? join(homedir(), ".cache/millrace-peer");
  if (!(await isComplete(root))) {
    const progress = startProgress(`Fetching the Java worker to compare with, into ${root}`);
    await runOwned(join(PEER_SCRIPTS, "setup-peer.sh"), [], {
      what: "fetching the Java worker",
      env: { ...process.env, ROOT: root },
      onLine: (line) => progress.update(line),
    });
    progress.done();
  }
  return peerAt(root);
}

function peerAt(root: string): Peer {
  const libs = join(root, "peer/libs");
  const runtime = readdirSync(libs).find((jar) => jar.startsWith("connect-runtime-")) ?? "";
  return {
    libs,
    plugins: join(root, "peer/plugins"),
    filePlugin: join(root, "peer/plugins/file"),
    python: pythonOf(root),
    kafkaVersion: /connect-runtime-(.*)\.jar/.exec(runtime)?.[1] ?? "unknown",
  };
}

const pythonOf = (root: string): string => join(root, "venv/bin/python");

/** A download that broke off leaves a part of it; the Python environment comes last. */
async function isComplete(root: string): Promise<boolean> {
  const folders = ["libs", ...PLUGIN_FOLDERS.map((name) => join("plugins", name))];
  const filled = folders.every((folder) => {
    const path = join(root, "peer", folder);
    return existsSync(path) && readdirSync(path).length > 0;
  });
  if (!filled || !existsSync(pythonOf(root))) return false;
  try {
    await runOwned(pythonOf(root), ["-c", "import confluent_kafka"], { what: "looking at Python" });
    return true;
  } catch {
    return false; // the script installs it
  }
}
