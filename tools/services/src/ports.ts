import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
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
 * and lapses when the owner dies. The first is `preferred`, if that is to be had.
 */
export async function reservePorts(count: number, preferred?: number): Promise<number[]> {
  await mkdir(folder(), { recursive: true });
  await dropLapsed();
  const ports: number[] = [];
  if (preferred !== undefined && (await take(preferred))) ports.push(preferred);
  while (ports.length < count) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (await take(port)) ports.push(port);
  }
  return ports;
}

async function take(port: number): Promise<boolean> {
  if (!(await reserve(port))) return false;
  if (await isFree(port)) return true;
  await releasePorts([port]);
  return false;
}

export async function releasePorts(ports: readonly number[]): Promise<void> {
  await Promise.all(ports.map((port) => rm(reservation(port), { force: true })));
}

const folder = (): string => join(cacheFolder(), "ports");
const reservation = (port: number | string): string => join(folder(), String(port));

async function dropLapsed(): Promise<void> {
  for (const port of await readdir(folder())) {
    const owner = await readFile(reservation(port), "utf8").catch(() => ""); // released just now
    // An empty file is one whose owner is between creating and writing it.
    if (owner !== "" && !isAlive(Number(owner))) await rm(reservation(port), { force: true });
  }
}

async function reserve(port: number): Promise<boolean> {
  try {
    await writeFile(reservation(port), String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
