import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder } from "./cache.ts";
import { containerRuns, removeContainer } from "./docker.ts";
import { withLock } from "./lock.ts";
import { givenAddress, startService, type ServiceName } from "./obtain.ts";
import { isRunning, processTree, startTime } from "./process-tree.ts";

/** A service that runs on its own until it is taken down; kept in a file. */
export interface UpService {
  readonly origin: "docker" | "process";
  readonly address: string;
  readonly processes: readonly { readonly pid: number; readonly startTime: string }[];
  readonly container?: string;
  readonly logFiles: readonly string[];
  readonly folder?: string;
}

export type Status =
  | { readonly state: "given"; readonly address: string }
  | ({ readonly state: "up" | "dead" } & UpService)
  | { readonly state: "down" };

const recordOf = (name: ServiceName): string => join(cacheFolder(), "up", `${name}.json`);

/** What is known of a service that was brought up, by whatever process. */
export async function statusOf(name: ServiceName): Promise<Status> {
  const address = givenAddress(name);
  const service = await readRecord(name);
  // The environment may well hold what `up` printed.
  if (address !== undefined && address !== service?.address) return { state: "given", address };
  if (service === undefined) return { state: "down" };
  return { state: (await runs(service)) ? "up" : "dead", ...service };
}

/** Starts a service that runs on when we end, unless it is up or given already. */
export async function bringUp(name: ServiceName): Promise<Status> {
  return await locked(name, async () => {
    const before = await statusOf(name);
    if (before.state === "given" || before.state === "up") return before;
    if (before.state === "dead") await clear(name, before);
    const started = await startService(name, true);
    const service: UpService = {
      origin: started.origin,
      address: started.address,
      processes: started.pids.map((pid) => ({ pid, startTime: startTime(pid) ?? "" })),
      logFiles: started.logFiles,
      ...(started.folder === undefined ? {} : { folder: started.folder }),
      ...(started.container === undefined ? {} : { container: started.container }),
    };
    await mkdir(join(cacheFolder(), "up"), { recursive: true });
    await writeFile(recordOf(name), JSON.stringify(service, undefined, 2));
    await started.letGo(); // not before the record is there: nobody could end it
    return { state: "up", ...service };
  });
}

/** Ends a service that was brought up and removes its data. False when there was none. */
export async function takeDown(name: ServiceName): Promise<boolean> {
  return await locked(name, async () => {
    const service = await readRecord(name);
    if (service === undefined) return false;
    await clear(name, service);
    return true;
  });
}

const locked = <T>(name: ServiceName, work: () => Promise<T>): Promise<T> =>
  withLock(join(cacheFolder(), "locks", `up-${name}`), work);

async function readRecord(name: ServiceName): Promise<UpService | undefined> {
  try {
    return JSON.parse(await readFile(recordOf(name), "utf8")) as UpService;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${recordOf(name)} is broken: remove it.`, { cause: error });
  }
}

async function runs(service: UpService): Promise<boolean> {
  if (service.container !== undefined) return await containerRuns(service.container);
  return service.processes.every(({ pid, startTime: since }) => startTime(pid) === since);
}

async function clear(name: ServiceName, service: UpService): Promise<void> {
  if (service.container !== undefined && (await containerRuns(service.container))) {
    await removeContainer(service.container);
  }
  // Its data goes too, so there is nothing that an orderly end would save.
  const pids = service.processes
    .filter(({ pid, startTime: since }) => startTime(pid) === since)
    .flatMap(({ pid }) => processTree(pid));
  for (const pid of pids) if (isRunning(pid)) process.kill(pid, "SIGKILL");
  while (pids.some(isRunning)) await sleep(20);
  if (service.folder !== undefined) await rm(service.folder, { recursive: true, force: true });
  await rm(recordOf(name), { force: true });
}
