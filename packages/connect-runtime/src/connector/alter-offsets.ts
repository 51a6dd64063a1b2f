import {
  ConnectError,
  isConnectError,
  type SinkConnector,
  type SourceConnector,
  type SourceOffset,
  type SourcePartition,
  TopicPartitionMap,
} from "@millrace/connect-api";
import { loadPlugin } from "../plugins/load.ts";
import type { PluginRegistry } from "../plugins/registry.ts";
import { parseOffset } from "../source/offset-json.ts";
import type { AlteredConnector, NewOffsets } from "../threads/units.ts";

/**
 * Lets a connector check offsets that an operator wants to set, and do its own part of it, on an
 * instance that is not started (KIP-875). Runs the plugin's code: call it in a thread that may be
 * blocked by it.
 * @returns false when the connector has nothing to do beyond what the worker does
 * @throws {ConnectError} what the connector throws to refuse them; in Java's words for any other error
 */
export async function alterOffsets(
  { name, props }: AlteredConnector,
  offsets: NewOffsets,
  registry: PluginRegistry,
): Promise<boolean> {
  const { type } = offsets;
  const className = props["connector.class"] ?? "";
  const location = registry.find(type, className, props["connector.plugin.version"]);
  const ConnectorClass = await loadPlugin(location);
  try {
    const connector = new ConnectorClass();
    // A plugin that carries an old copy of the contract has no such method.
    if (typeof connector.alterOffsets !== "function") throw unsupported(name);
    // A plugin of plain JavaScript may forget to answer.
    const answer: unknown =
      type === "source"
        ? await (connector as SourceConnector).alterOffsets(props, sourceOffsets(offsets.entries))
        : await (connector as SinkConnector).alterOffsets(props, sinkOffsets(offsets.entries));
    return answer === true;
  } catch (error) {
    // Java shows a client what its own kinds of errors say, and of others only where they came from.
    if (isConnectError(error) && error.javaName.startsWith("org.apache.kafka.connect.")) {
      throw error;
    }
    throw new ConnectError(`Failed to modify offsets for ${type} connector ${name}`, {
      cause: error,
    });
  }
}

function unsupported(name: string): ConnectError {
  return new ConnectError(
    `Failed to modify offsets for connector ${name} because it doesn't support external modification of offsets`,
  );
}

function sourceOffsets(
  entries: Extract<NewOffsets, { type: "source" }>["entries"],
): Map<SourcePartition, SourceOffset | null> {
  return new Map(
    Array.from(entries, ([key, offset]) => {
      // A key of the store is a list, which is read in the same way.
      const [, partition] = parseOffset(key) as unknown as [string, SourcePartition];
      return [partition, offset === null ? null : parseOffset(offset)];
    }),
  );
}

function sinkOffsets(
  entries: Extract<NewOffsets, { type: "sink" }>["entries"],
): TopicPartitionMap<number | null> {
  return new TopicPartitionMap(entries.map((entry) => [entry, entry.offset]));
}
