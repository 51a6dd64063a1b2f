import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Peer } from "../harness/peer.ts";
import { runStartup } from "../harness/peer-startup.ts";
import { PACKAGES, type WorkerMode } from "../harness/places.ts";
import type { WorkerKind } from "../harness/worker-command.ts";
import type { StartupLine, StartupPlugins } from "../report/results.ts";
import { allPlugins } from "./throughput.ts";

export interface StartupRequest {
  readonly peer: Peer;
  readonly bootstrapServers: string;
  readonly worker: WorkerKind;
  readonly plugins: StartupPlugins;
  readonly mode: WorkerMode;
  readonly workFolder: string;
  readonly idleSeconds: number;
}

/** connect-file alone: for ours a folder that holds a link to it. */
export function filePluginAlone(
  peer: Peer,
  workFolder: string,
): Record<WorkerKind, readonly string[]> {
  const folder = join(workFolder, "connect-file-alone");
  if (mkdirSync(folder, { recursive: true }) !== undefined) {
    symlinkSync(join(PACKAGES, "connect-file"), join(folder, "connect-file"));
  }
  return { ours: [folder], java: [peer.filePlugin] };
}

/** One start and stop. */
export async function measureStartup(request: StartupRequest): Promise<StartupLine> {
  const { peer, bootstrapServers, worker, plugins, workFolder, idleSeconds } = request;
  const paths = plugins === "all" ? allPlugins(peer) : filePluginAlone(peer, workFolder);
  const setup = {
    kind: worker,
    peer,
    bootstrapServers,
    pluginPath: paths[worker],
    // The same group each time, as a worker that is started again finds its topics there.
    group: `start-up-${worker}-${plugins}`,
    mode: request.mode,
  };
  const figures = await runStartup(setup, idleSeconds);
  return { kind: "startup", worker, mode: request.mode, plugins, ...figures };
}
