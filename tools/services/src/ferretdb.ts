import { chmod, cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { makeCertificates, type ClientTls } from "./certificates.ts";
import { findProgram } from "./find-program.ts";
import { OwnedServer } from "./owned-server.ts";
import { reservePorts } from "./ports.ts";
import { startProgress } from "./progress.ts";
import { runCommand } from "./run-command.ts";
import { makeRunFolder } from "./run-folder.ts";

export const FERRETDB_VERSION = "v1.24.2";
const MODULE = "github.com/FerretDB/FerretDB";
const HOST = "127.0.0.1";
const USER = "millrace";
const PASSWORD = "millrace-secret";

/** A server of MongoDB's protocol that knows TLS and users, and keeps documents in SQLite. */
export interface FerretDb extends OwnedServer {
  /** `127.0.0.1:22001`: TLS only */
  readonly host: string;
  /** Logs in by SCRAM. */
  readonly user: string;
  readonly password: string;
  readonly tls: ClientTls;
}

export interface FerretDbOptions {
  /** Whether clients need a certificate of `tls`' authority. */
  readonly needsClientCertificate?: boolean;
}

/**
 * Starts a FerretDB of its own on a free loopback port, with one user. It is no mongod: it knows
 * no change streams, decimals, time series and unique compound keys. It ends with this process.
 *
 * @throws Error that says what is missing (Go), or with the end of the log.
 */
export async function startFerretDb(options: FerretDbOptions = {}): Promise<FerretDb> {
  const home = await install();
  const folder = makeRunFolder("ferretdb");
  const data = join(folder.path, "data");
  await mkdir(data);
  const { server: identity, forClients: tls } = await makeCertificates(folder.path);
  const [certificate, key] = [join(folder.path, "server.pem"), join(folder.path, "server.key")];
  await writeFile(certificate, identity.certificate);
  await writeFile(key, identity.key, { mode: 0o600 });
  const [port] = (await reservePorts(1)) as [number];
  const host = `${HOST}:${port}`;
  const server = new OwnedServer(
    {
      name: `FerretDB at ${host}`,
      command: join(home, "ferretdb"),
      args: [
        "--handler=sqlite",
        `--sqlite-url=file:${data}/`,
        `--state-dir=${folder.path}`,
        "--telemetry=disable",
        "--debug-addr=-",
        "--listen-addr=",
        `--listen-tls=${host}`,
        `--listen-tls-cert-file=${certificate}`,
        `--listen-tls-key-file=${key}`,
        ...(options.needsClientCertificate === true
          ? [`--listen-tls-ca-file=${tls.files.ca}`]
          : []),
        "--test-enable-new-auth",
      ],
      cwd: folder.path,
      env: {
        PATH: process.env["PATH"],
        FERRETDB_SETUP_DATABASE: "admin",
        FERRETDB_SETUP_USERNAME: USER,
        FERRETDB_SETUP_PASSWORD: PASSWORD,
      },
      logFile: folder.logFile("server"),
      ready: (log) => log.includes("Listening on TLS"),
    },
    folder,
    [port],
  );
  await server.open();
  return Object.assign(server, { host, user: USER, password: PASSWORD, tls });
}

/** Builds it once: two minutes on two cores. */
async function install(): Promise<string> {
  return await cached(`ferretdb-${FERRETDB_VERSION}`, async (folder) => {
    const go = findProgram("go");
    if (go === undefined) {
      throw new Error(
        "FerretDB is built by Go, and there is no go on the PATH. Install Go 1.24 or later",
      );
    }
    const progress = startProgress(`Building FerretDB ${FERRETDB_VERSION} (Go)`);
    const what = "building FerretDB";
    const env = { ...process.env, CGO_ENABLED: "0" };
    const module = `${MODULE}@${FERRETDB_VERSION}`;
    const told = await runCommand(go, ["mod", "download", "-json", module], { what, env });
    const { Dir: downloaded } = JSON.parse(told) as { Dir: string };
    // It only runs with its version in a file, which the module leaves out: built from a copy.
    const source = join(folder, "source");
    await cp(downloaded, source, { recursive: true });
    const version = join(source, "build", "version");
    await chmod(version, 0o755);
    await writeFile(join(version, "version.txt"), FERRETDB_VERSION);
    const output = join(folder, "ferretdb");
    await runCommand(
      go,
      ["build", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", output, "./cmd/ferretdb"],
      { what, env, cwd: source },
    );
    await runCommand("chmod", ["-R", "u+w", source], { what });
    await rm(source, { recursive: true });
    progress.done();
  });
}
