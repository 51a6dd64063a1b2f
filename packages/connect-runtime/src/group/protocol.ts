import { DataError } from "@millrace/connect-api";
import type { TaskId } from "../store/work.ts";
import { BinaryReader, BinaryWriter } from "./binary.ts";
import { NO_WORK } from "../store/work.ts";
import type { Work } from "../store/work.ts";

/** 0 eager, 1 compatible, 2 sessioned. */
export type ProtocolVersion = 0 | 1 | 2;

/** Values of `connect.protocol`. */
export type ConnectProtocol = "eager" | "compatible" | "sessioned";

/** The names that the group coordinator chooses from, most wanted first, with their versions. */
export const OFFERED: Readonly<
  Record<ConnectProtocol, readonly (readonly [name: string, version: ProtocolVersion])[]>
> = {
  eager: [["default", 0]],
  compatible: [
    ["compatible", 1],
    ["default", 0],
  ],
  sessioned: [
    ["sessioned", 2],
    ["compatible", 1],
    ["default", 0],
  ],
};

/** @throws {DataError} for a name that no worker offers */
export function versionOf(protocolName: string): ProtocolVersion {
  const known = OFFERED.sessioned.find(([name]) => name === protocolName);
  if (known === undefined)
    throw new DataError(
      `The group coordinator chose protocol ${JSON.stringify(protocolName)}, which is none of Connect's: ` +
        "choose a group.id that no other kind of group uses",
    );
  return known[1];
}

/** What a worker tells its leader in a join (Java: `ExtendedWorkerState`). */
export interface WorkerMetadata {
  /** Its REST API, with a slash at the end. */
  readonly url: string;
  /** How far it has read the config topic. */
  readonly configOffset: number;
  /** What it runs, in the shape of its last assignment; null when it runs nothing. Version 0 cannot say. */
  readonly allocation: AssignmentMessage | null;
}

/** What a worker is told after a join (Java: `ExtendedAssignment`). */
export interface AssignmentMessage {
  /** CONFIG_MISMATCH: the leader could not read the config topic far enough. */
  readonly failed: boolean;
  /** Member id. */
  readonly leader: string;
  readonly leaderUrl: string;
  readonly configOffset: number;
  /** Version 0: everything that it has to run. Later versions: what is added. */
  readonly assigned: Work;
  /** What it has to give up. Version 0 cannot say. */
  readonly revoked: Work;
  /** Milliseconds after which to join again; 0: never. Version 0 cannot say. */
  readonly delayMs: number;
}

const CONFIG_MISMATCH = 1;
/** Stands among a connector's task ids for the connector itself. */
const CONNECTOR_ITSELF = -1;

/** Java: `ConnectProtocol.serializeMetadata`, `IncrementalCooperativeConnectProtocol.serializeMetadata`. */
export function encodeMetadata(version: ProtocolVersion, metadata: WorkerMetadata): Buffer {
  const { url, configOffset, allocation } = metadata;
  const writer = new BinaryWriter().int16(version).string(url).int64(configOffset);
  if (version > 0)
    writer.nullableBytes(allocation === null ? null : encodeAssignment(version, allocation));
  return writer.bytes();
}

/** @throws {DataError} for bytes that are no worker's metadata */
export function decodeMetadata(bytes: Buffer): WorkerMetadata {
  const reader = new BinaryReader(bytes);
  const version = readVersion(reader);
  const url = reader.string("The worker's URL");
  const configOffset = reader.int64("The config offset");
  const allocation =
    version === 0 || reader.atEnd ? null : reader.nullableBytes("The worker's allocation");
  return {
    url,
    configOffset,
    allocation: allocation === null ? null : decodeAssignment(allocation),
  };
}

/** Java: `ConnectProtocol.serializeAssignment`, `IncrementalCooperativeConnectProtocol.serializeAssignment`. */
export function encodeAssignment(version: ProtocolVersion, message: AssignmentMessage): Buffer {
  const { failed, leader, leaderUrl, configOffset, assigned, revoked, delayMs } = message;
  const writer = new BinaryWriter()
    .int16(version)
    .int16(failed ? CONFIG_MISMATCH : 0)
    .string(leader)
    .string(leaderUrl)
    .int64(configOffset);
  writeWork(writer, assigned);
  if (version > 0) {
    writeWork(writer, revoked);
    writer.int32(delayMs);
  }
  return writer.bytes();
}

/** Fields that are missing at the end have their defaults. @throws {DataError} for bytes that are no assignment */
export function decodeAssignment(bytes: Buffer): AssignmentMessage {
  const reader = new BinaryReader(bytes);
  const version = readVersion(reader);
  const error = reader.int16("The error code");
  if (error !== 0 && error !== CONFIG_MISMATCH)
    throw new DataError(`The error code ${error} is none that a leader gives`);
  const leader = reader.string("The leader's member id");
  const leaderUrl = reader.string("The leader's URL");
  const configOffset = reader.int64("The config offset");
  const assigned = reader.atEnd ? NO_WORK : readWork(reader, "The assignment");
  const revoked = version === 0 || reader.atEnd ? NO_WORK : readWork(reader, "The revocation");
  const delayMs = version === 0 || reader.atEnd ? 0 : reader.int32("The delay");
  return {
    failed: error === CONFIG_MISMATCH,
    leader,
    leaderUrl,
    configOffset,
    assigned,
    revoked,
    delayMs,
  };
}

function readVersion(reader: BinaryReader): number {
  const version = reader.int16("The version");
  // A version that we do not know adds to the end what we need not read, as in Java.
  if (version < 0) throw new DataError(`Version ${version} is none`);
  return version;
}

/** Connector by connector, in the order in which they come up first: connectors, then tasks. */
function writeWork(writer: BinaryWriter, { connectors, tasks }: Work): void {
  const ids = new Map<string, number[]>();
  const add = (connector: string, id: number): void => {
    const known = ids.get(connector);
    if (known === undefined) ids.set(connector, [id]);
    else known.push(id);
  };
  for (const connector of connectors) add(connector, CONNECTOR_ITSELF);
  for (const { connector, task } of tasks) add(connector, task);
  writer.array([...ids], ([connector, numbers]) => {
    writer.string(connector).array(numbers, (id) => writer.int32(id));
  });
}

function readWork(reader: BinaryReader, what: string): Work {
  const connectors: string[] = [];
  const tasks: TaskId[] = [];
  reader.array(what, () => {
    const connector = reader.string("A connector's name");
    reader.array("A connector's task ids", () => {
      const task = reader.int32("A task id");
      if (task === CONNECTOR_ITSELF) connectors.push(connector);
      else if (task >= 0) tasks.push({ connector, task });
      else throw new DataError(`Task id ${task} of connector ${connector} is none`);
    });
  });
  return { connectors, tasks };
}
