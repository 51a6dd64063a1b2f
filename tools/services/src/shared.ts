import { once } from "node:events";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { obtain, type ObtainedService, type ServiceName } from "./obtain.ts";

/** Tells the processes of a test run where to ask for shared services. */
const SOCKET = "MILLRACE_SHARED_SERVICES";

/** One line each way over a local socket: a service's name, then this. */
type Answer = { readonly address: string } | { readonly error: string };

/**
 * Serves the services that the processes of one test run share. Each is
 * obtained when the first of them asks, so a run starts only what it needs.
 */
export async function serveSharedServices(): Promise<AsyncDisposable> {
  // Two test projects of one run share as well.
  if (process.env[SOCKET] !== undefined) return { async [Symbol.asyncDispose]() {} };
  const folder = await mkdtemp(join(tmpdir(), "millrace-"));
  const obtained = new Map<string, Promise<ObtainedService>>();
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy()); // the asking process has ended
    createInterface({ input: socket }).once("line", (name) => void answer(socket, name, obtained));
  });
  server.listen(join(folder, "services.sock"));
  await once(server, "listening");
  process.env[SOCKET] = join(folder, "services.sock");
  return { [Symbol.asyncDispose]: () => shutDown(server, obtained, folder) };
}

async function answer(
  socket: Socket,
  name: string,
  obtained: Map<string, Promise<ObtainedService>>,
): Promise<void> {
  const service = obtained.get(name) ?? obtain(name as ServiceName);
  obtained.set(name, service);
  const reply = await service.then(
    ({ address }): Answer => ({ address }),
    (error: unknown): Answer => ({ error: error instanceof Error ? error.message : String(error) }),
  );
  socket.end(`${JSON.stringify(reply)}\n`);
}

async function shutDown(
  server: Server,
  obtained: ReadonlyMap<string, Promise<ObtainedService>>,
  folder: string,
): Promise<void> {
  delete process.env[SOCKET];
  server.close();
  const outcomes = await Promise.allSettled(obtained.values());
  for (const outcome of outcomes) if (outcome.status === "fulfilled") await outcome.value.close();
  await rm(folder, { recursive: true, force: true });
}

/**
 * The address of a service that the whole test run shares: use names of your
 * own (topic, database, index) and do not stop it.
 *
 * @throws Error when the run has no such service, or it could not be started.
 */
export async function sharedService(name: ServiceName): Promise<string> {
  const path = process.env[SOCKET];
  if (path === undefined) {
    throw new Error(
      `Nobody serves shared services here. Run the test through vitest's project int or e2e.`,
    );
  }
  const reply = JSON.parse(await ask(path, name)) as Answer;
  if ("error" in reply) throw new Error(`No shared ${name}: ${reply.error}`);
  return reply.address;
}

async function ask(path: string, name: string): Promise<string> {
  const socket = createConnection(path);
  socket.write(`${name}\n`);
  let answer = "";
  for await (const text of socket.setEncoding("utf8")) answer += String(text);
  if (answer === "") throw new Error(`The test run ended before it could give ${name}.`);
  return answer;
}

/** Bootstrap servers of the Kafka cluster (one broker) that the test run shares. */
export const sharedKafka = (): Promise<string> => sharedService("kafka");

/** URL of the PostgreSQL that the test run shares, as a superuser; see `createDatabase`. */
export const sharedPostgres = (): Promise<string> => sharedService("postgres");

/** URL of the schema registry's API that the test run shares: use subjects of your own. */
export const sharedSchemaRegistry = (): Promise<string> => sharedService("schema-registry");

/** URL of the S3 server that the test run shares, with its keys: see `minioOf`. */
export const sharedMinio = (): Promise<string> => sharedService("minio");

/** URL of the Elasticsearch that the test run shares. */
export const sharedElasticsearch = (): Promise<string> => sharedService("elasticsearch");

/** URL of the MySQL that the test run shares, as a superuser; see `createMysqlDatabase`. */
export const sharedMysql = (): Promise<string> => sharedService("mysql");

/** URL of the MariaDB that the test run shares, as a superuser; see `createMysqlDatabase`. */
export const sharedMariadb = (): Promise<string> => sharedService("mariadb");

/** URL of the OpenSearch that the test run shares. */
export const sharedOpenSearch = (): Promise<string> => sharedService("opensearch");

/** URL of the MongoDB, or of what stands in for it, that the test run shares; see `isRealMongo`. */
export const sharedMongo = (): Promise<string> => sharedService("mongo");
