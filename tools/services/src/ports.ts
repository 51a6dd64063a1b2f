import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { cacheFolder } from "./cache.ts";
import { isAlive } from "./lock.ts";

// Below the ports that systems hand to outgoing connections: a server that is
// stopped and started again must find its port free.
const FIRST = 22_000;
const LAST = 31_999;

/**
 * Reserves `count` loopback ports that nobody listens on. A reservation is a
 * file with the owner's process id, so it also holds while a server is down,
 * and lapses when the owner dies.
 */
export async function reservePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if ((await reserve(port)) && (await isFree(port))) ports.push(port);
  }
  return ports;
}

export async function releasePorts(ports: readonly number[]): Promise<void> {
  await Promise.all(ports.map((port) => rm(reservation(port), { force: true })));
}

const reservation = (port: number): string => join(cacheFolder(), "ports", String(port));

async function reserve(port: number): Promise<boolean> {
  const file = reservation(port);
  await mkdir(join(cacheFolder(), "ports"), { recursive: true });
  try {
    await writeFile(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  // Somebody's; cleared when that owner is gone, for a later try.
  const owner = Number(await readFile(file, "utf8").catch(() => process.pid));
  if (!isAlive(owner)) await rm(file, { force: true });
  return false;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
