import { join } from "node:path";
import { MongoClient, MongoServerError } from "mongodb";
import { findJava, requireModules } from "./java.ts";
import { classPathOf, QUICK_START, type JavaProgramSource } from "./java-program.ts";
import { OwnedServer } from "./owned-server.ts";
import { reservePorts } from "./ports.ts";
import { makeRunFolder } from "./run-folder.ts";
import type { ServiceDefinition } from "./service.ts";

/** Of the server that Docker gives, a replica set of one. */
export const MONGODB_VERSION = "8.0";
export const MONGO_JAVA_SERVER_VERSION = "1.47.0";
const HOST = "127.0.0.1";
const SERVER: JavaProgramSource = {
  name: `mongo-java-server-${MONGO_JAVA_SERVER_VERSION}`,
  artifacts: [`de.bwaldvogel:mongo-java-server:${MONGO_JAVA_SERVER_VERSION}`],
  loggers: {},
};
const MAIN = join(import.meta.dirname, "..", "java", "MongoServer.java");

export interface Mongo extends OwnedServer {
  /** `mongodb://127.0.0.1:22001` */
  readonly url: string;
}

/**
 * Starts a mongo-java-server of its own on a free loopback port. It holds everything in memory
 * and is no mongod: it knows no update descriptions, no pre-images and no transactions, and its
 * change streams end where a document is replaced. It ends with this process.
 *
 * @throws Error that says what is missing (a JDK, Maven), or with the end of the log.
 */
export async function startMongoJavaServer(
  options: { readonly preferredPort?: number } = {},
): Promise<Mongo> {
  const java = await findJava();
  await requireModules(java, ["jdk.compiler"], "mongo-java-server");
  const classPath = await classPathOf(SERVER);
  const folder = makeRunFolder("mongo");
  const [port] = (await reservePorts(1, options.preferredPort)) as [number];
  const url = `mongodb://${HOST}:${port}`;
  const server = new OwnedServer(
    {
      name: `mongo-java-server at ${url}`,
      command: java.command,
      args: ["-Xmx512m", ...QUICK_START, "-cp", classPath, MAIN, String(port)],
      cwd: folder.path,
      logFile: folder.logFile("server"),
      ready: (log) => log.includes("Listening"),
    },
    folder,
    [port],
  );
  await server.open();
  return Object.assign(server, { url });
}

const COMMAND_NOT_FOUND = 59;

/** Whether the server is a replica set, hence knows all that the connectors ask for. */
export async function isRealMongo(url: string): Promise<boolean> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 30_000 });
  try {
    const { setName } = await client.db("admin").command({ hello: 1 });
    return setName !== undefined;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === COMMAND_NOT_FOUND) return false;
    throw error;
  } finally {
    await client.close();
  }
}

export const mongoService: ServiceDefinition = {
  variable: "MONGODB_URI",
  usualPort: 27_017,
  container: ({ host, port }) => ({
    image: `mongo:${MONGODB_VERSION}`,
    port: 27_017,
    environment: {},
    command: [
      "sh",
      "-c",
      `(until mongosh --quiet --eval 'rs.initiate({_id: "rs", members: [{_id: 0, host: "127.0.0.1:27017"}]})'; do sleep 1; done; echo Set is ready) & exec docker-entrypoint.sh mongod --replSet rs --bind_ip_all`,
    ],
    ready: { line: /Set is ready/, times: 1 },
    address: `mongodb://${host}:${port}/?directConnection=true`,
  }),
  install: () => classPathOf(SERVER),
  async startProcess(preferredPort) {
    const server = await startMongoJavaServer(preferredPort === undefined ? {} : { preferredPort });
    return server.asService(server.url);
  },
};
