import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ConnectWorker,
  startConnectWorker,
  startDistributedWorker,
  startJavaConnect,
  type WorkerProperties,
} from "@millrace/services";
import { Connectors } from "./connectors.ts";
import type { Stage } from "./play.ts";
import type { Scene } from "./scenes/scene.ts";

export type Side = "ours" | "java";

/** Starts the worker of a scene, with nothing in its cluster yet. It ends when it is disposed of. */
export async function openStage(
  scene: Scene,
  side: Side,
  bootstrapServers: string,
): Promise<Stage & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "golden-"));
  let worker: ConnectWorker | undefined;
  const close = async () => {
    await worker?.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const [name, content] of Object.entries(scene.files?.(folder) ?? {})) {
      await writeFile(join(folder, name), content);
    }
    const properties = (await scene.properties?.()) ?? {};
    worker = await startWorker(scene, side, bootstrapServers, properties);
    const connectors = new Connectors(worker.url);
    await connectors.answers<{ status: string }>("/health", ({ status }) => status === "healthy");
    const url = scene.asks?.(properties) ?? worker.url;
    return { url, bootstrapServers, folder, connectors, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function startWorker(
  { mode, env = {} }: Scene,
  side: Side,
  bootstrapServers: string,
  properties: WorkerProperties,
): Promise<ConnectWorker> {
  const common = {
    bootstrapServers,
    properties: { "scheduled.rebalance.max.delay.ms": 0, ...properties },
    env,
  };
  if (mode === "standalone") return startConnectWorker(common);
  const options = { ...common, groupId: `golden-${randomUUID().slice(0, 8)}` };
  return side === "java" ? startJavaConnect(options) : startDistributedWorker(options);
}
