import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { findProgram } from "./find-program.ts";
import { OwnedServer } from "./owned-server.ts";
import { reservePorts } from "./ports.ts";
import { startProgress } from "./progress.ts";
import { runCommand } from "./run-command.ts";
import { makeRunFolder } from "./run-folder.ts";
import type { ServerCommand } from "./server-process.ts";
import type { ServiceDefinition } from "./service.ts";

/** A version of the Go module: MinIO's releases are tags that Go cannot read. */
export const MINIO_VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c";
const HOST = "127.0.0.1";
const ACCESS_KEY = "millrace";
const SECRET_KEY = "millrace-secret";
const HEALTH = "/minio/health/ready";

export interface MinioOptions {
  /** The port to listen on if it is free. Default: any free one. */
  readonly preferredPort?: number;
  /** More for its environment, such as MINIO_REGION or MINIO_KMS_SECRET_KEY. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** How to reach an S3 server. */
export interface S3Address {
  /** `http://127.0.0.1:22001` */
  readonly url: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** A server whose port and data stay the same over stop, kill and start. */
export interface Minio extends OwnedServer, S3Address {}

/** Takes the address that `sharedMinio` gives apart: its keys are in the URL. */
export function minioOf(address: string): S3Address {
  const { protocol, host, username, password } = new URL(address);
  return {
    url: `${protocol}//${host}`,
    accessKey: decodeURIComponent(username),
    secretKey: decodeURIComponent(password),
  };
}

/**
 * Starts a MinIO of its own, an S3 server, on a free loopback port. Buckets are for the
 * caller to make. It ends with this process.
 *
 * @throws Error that says what is missing (Go), or with the end of the log.
 */
export async function startMinio(options: MinioOptions = {}): Promise<Minio> {
  const home = await install();
  const folder = makeRunFolder("minio");
  const data = join(folder.path, "data");
  await mkdir(data);
  const [port] = (await reservePorts(1, options.preferredPort)) as [number];
  const url = `http://${HOST}:${port}`;
  const command: ServerCommand = {
    name: `MinIO at ${url}`,
    command: join(home, "minio"),
    args: ["server", "--quiet", "--address", `${HOST}:${port}`, data],
    cwd: folder.path,
    env: {
      PATH: process.env["PATH"],
      HOME: folder.path,
      MINIO_ROOT_USER: ACCESS_KEY,
      MINIO_ROOT_PASSWORD: SECRET_KEY,
      MINIO_BROWSER: "off",
      MINIO_UPDATE: "off",
      ...options.environment,
    },
    logFile: folder.logFile("server"),
    ready: () => isReady(url),
  };
  const server = new OwnedServer(command, folder, [port]);
  await server.open();
  return Object.assign(server, { url, accessKey: ACCESS_KEY, secretKey: SECRET_KEY });
}

/** Builds it once: five minutes on two cores. */
async function install(): Promise<string> {
  return await cached(`minio-${MINIO_VERSION}`, async (folder) => {
    const go = findProgram("go");
    if (go === undefined) {
      throw new Error(
        "MinIO is built by Go, and there is no go on the PATH. Install Go 1.24 or later, or give " +
          "the address of an S3 server in the environment: S3_URL=http://key:secret@host:port",
      );
    }
    const progress = startProgress(`Building minio ${MINIO_VERSION} (Go)`);
    await runCommand(
      go,
      ["install", "-trimpath", "-ldflags=-s -w", `github.com/minio/minio@${MINIO_VERSION}`],
      { what: "building MinIO", env: { ...process.env, CGO_ENABLED: "0", GOBIN: folder } },
    );
    progress.done();
  });
}

/** It calls itself ready before it can answer: then strangers are refused, no longer put off. */
async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/a-bucket`, { signal: AbortSignal.timeout(5000) });
    await response.arrayBuffer();
    return response.status === 403;
  } catch {
    return false; // refused or silent: not ready
  }
}

const withKeys = (url: string): string => url.replace("://", `://${ACCESS_KEY}:${SECRET_KEY}@`);

export const minioService: ServiceDefinition = {
  variable: "S3_URL",
  usualPort: 9000,
  container: ({ host, port }) => ({
    image: "minio/minio",
    port: 9000,
    command: ["server", "/data"],
    environment: { MINIO_ROOT_USER: ACCESS_KEY, MINIO_ROOT_PASSWORD: SECRET_KEY },
    ready: { path: HEALTH },
    address: withKeys(`http://${host}:${port}`),
  }),
  install,
  async startProcess(preferredPort) {
    const minio = await startMinio(preferredPort === undefined ? {} : { preferredPort });
    return minio.asService(withKeys(minio.url));
  },
};
