import type { Logger, Props } from "@millrace/connect-api";
import type { TargetState } from "../threads/units.ts";
import { describe, type LogRecord } from "./compacted-log.ts";
import { PREFIXES, SESSION_KEY, type RestartRequest } from "./config-records.ts";
import type { SessionKey } from "./config-snapshot.ts";
import { type ConnectorEntry, MaterializedConfigs, NO_ENTRY } from "./materialized-configs.ts";

/**
 * Told of what was read, in the order of the topic, when the state holds it; only of records that
 * came after the start-up read (Java: `ConfigBackingStore.UpdateListener`).
 */
export interface ConfigListener {
  connectorUpdated(connector: string): void;
  connectorRemoved(connector: string): void;
  /** Task configurations were committed; they may be incomplete (`isInconsistent`). */
  tasksUpdated(connector: string): void;
  targetStateChanged(connector: string): void;
  sessionKeyUpdated(key: SessionKey): void;
  restartRequested(request: RestartRequest): void;
  loggerLevelChanged(namespace: string, level: string): void;
}

/** A value that is not what its key calls for. The message says what is wrong with it. */
class OddValue extends Error {}

/**
 * What the records of the config topic amount to, read one after the other (Java:
 * `KafkaConfigBackingStore`, its `process…Record` methods).
 *
 * Whatever stands in the topic, reading goes on (I7): records that can't be understood are logged
 * with their place, and what was known before stays.
 */
export class ConfigState {
  readonly #topic: string;
  readonly #logger: Logger;
  readonly #listener: Partial<ConfigListener>;
  readonly #unknownKeys = new Set<string>();
  /** Task configurations that wait for their commit. */
  readonly #deferred = new Map<string, Map<number, Props>>();
  #connectors = new Map<string, ConnectorEntry>();
  #sessionKey: SessionKey | undefined;
  /** As in Java -1 while there is no record: workers compare it. */
  #offset = -1;
  #snapshot: MaterializedConfigs | undefined;
  #live = false;

  constructor(topic: string, logger: Logger, listener: Partial<ConfigListener> = {}) {
    this.#topic = topic;
    this.#logger = logger;
    this.#listener = listener;
  }

  /** From now on the listener is told, and restart requests and logger levels count. */
  goLive(): void {
    this.#live = true;
  }

  /** Costs nothing unless something changed since the last one, and then little. */
  snapshot(): MaterializedConfigs {
    return (this.#snapshot ??= new MaterializedConfigs(
      this.#offset,
      this.#connectors,
      this.#sessionKey,
    ));
  }

  apply(record: LogRecord): void {
    // Before anything else: also a record that is skipped moves the version workers compare.
    this.#changeable().#offset = record.offset + 1;
    const key = record.key?.toString();
    try {
      if (key === undefined) throw new OddValue("it has no key");
      if (!this.#applyKey(key, record.value)) this.#noteUnknown(key, record);
    } catch (error) {
      if (!(error instanceof OddValue)) throw error;
      this.#logger.error(
        `Skipping the record of ${key ?? "an unknown connector"} in the config topic (${describe(this.#topic, record)}): ${error.message}`,
      );
    }
  }

  /** @returns false for a key that is none of ours */
  #applyKey(key: string, value: Buffer | null): boolean {
    const { targetState, connector, task, commit, restart, taskCount, logger } = PREFIXES;
    if (key.startsWith(targetState)) this.#targetState(key.slice(targetState.length), value);
    else if (key.startsWith(connector)) this.#connector(key.slice(connector.length), value);
    else if (key.startsWith(task)) this.#task(key, value);
    else if (key.startsWith(commit)) this.#commit(key.slice(commit.length), value);
    else if (key.startsWith(restart)) this.#restart(key.slice(restart.length), value);
    else if (key.startsWith(taskCount)) this.#taskCount(key.slice(taskCount.length), value);
    else if (key === SESSION_KEY) this.#newSessionKey(value);
    else if (key.startsWith(logger)) this.#loggerLevel(key.slice(logger.length), value);
    else return false;
    return true;
  }

  #targetState(name: string, value: Buffer | null): void {
    const before = this.#entry(name);
    const targetState = value === null ? undefined : readTargetState(parse(value));
    this.#set(name, { ...before, targetState });
    // Of a tombstone of a connector that is gone nobody needs to know: its removal told all.
    if (value === null && before.config === undefined) return;
    if ((targetState ?? "STARTED") !== (before.targetState ?? (before.config && "STARTED")))
      this.#tell((listener) => listener.targetStateChanged?.(name));
  }

  #connector(name: string, value: Buffer | null): void {
    if (value !== null) {
      this.#set(name, { ...this.#entry(name), config: readProperties(parse(value)) });
      this.#tell((listener) => listener.connectorUpdated?.(name));
      return;
    }
    const known = this.#entry(name).config !== undefined;
    this.#remove(name);
    if (known) this.#tell((listener) => listener.connectorRemoved?.(name));
  }

  #task(key: string, value: Buffer | null): void {
    const [, name, id] = /^task-(.*)-(\d{1,9})$/s.exec(key) ?? [];
    if (name === undefined) throw new OddValue("its key does not end in the number of a task");
    if (value === null) {
      this.#deferred.get(name)?.delete(Number(id));
      return;
    }
    const props = readProperties(parse(value));
    let deferred = this.#deferred.get(name);
    if (deferred === undefined) this.#deferred.set(name, (deferred = new Map()));
    deferred.set(Number(id), props);
  }

  #commit(name: string, value: Buffer | null): void {
    const count = readCount(parse(value), "tasks");
    const entry = this.#entry(name);
    if (entry.config === undefined) {
      // KAFKA-16838: left over from a connector that was removed; a later one of the same name must
      // not get its tasks. KAFKA-17719: after compaction it may also be the commit of a connector
      // whose configuration was written again behind it; that one comes without tasks, until they
      // are written again.
      this.#remove(name);
      return;
    }
    const deferred = this.#deferred.get(name) ?? new Map<number, Props>();
    this.#deferred.delete(name);
    const tasks = Array.from({ length: Math.min(count, deferred.size) }, (_, id) =>
      deferred.get(id),
    );
    const complete =
      deferred.size === count && tasks.every((props): props is Props => props !== undefined);
    this.#set(
      name,
      complete
        ? {
            ...entry,
            tasks,
            isInconsistent: false,
            applied: entry.config,
            generation: entry.generation + 1,
            pendingFencing: true,
          }
        : { ...entry, tasks: [], isInconsistent: true, pendingFencing: true },
    );
    this.#tell((listener) => listener.tasksUpdated?.(name));
  }

  #restart(connector: string, value: Buffer | null): void {
    if (!this.#live || value === null) return;
    const fields = asObject(parse(value));
    const request = {
      connector,
      includeTasks: fields["include-tasks"] === true,
      onlyFailed: fields["only-failed"] === true,
    };
    this.#tell((listener) => listener.restartRequested?.(request));
  }

  #taskCount(name: string, value: Buffer | null): void {
    const taskCountRecord = readCount(parse(value), "task-count");
    this.#set(name, { ...this.#entry(name), taskCountRecord, pendingFencing: false });
  }

  #newSessionKey(value: Buffer | null): void {
    const { key, algorithm, "creation-timestamp": createdMs } = asObject(parse(value));
    // The value is a secret: it is not shown (I5).
    if (typeof key !== "string" || typeof algorithm !== "string" || typeof createdMs !== "number")
      throw new OddValue("it is not an object with key, algorithm and creation-timestamp");
    const sessionKey = { key: Buffer.from(key, "base64"), algorithm, createdMs };
    this.#sessionKey = sessionKey;
    this.#tell((listener) => listener.sessionKeyUpdated?.(sessionKey));
  }

  #loggerLevel(namespace: string, value: Buffer | null): void {
    if (!this.#live) return;
    const { level } = asObject(parse(value));
    if (typeof level !== "string") throw new OddValue("its level is not a text");
    this.#tell((listener) => listener.loggerLevelChanged?.(namespace, level));
  }

  /** What zombies of its tasks are fenced by stays, as in the topic: a connector of the name may come again. */
  #remove(name: string): void {
    this.#deferred.delete(name);
    const { targetState, generation, taskCountRecord, pendingFencing } = this.#entry(name);
    this.#set(name, { ...NO_ENTRY, targetState, generation, taskCountRecord, pendingFencing });
  }

  #entry(name: string): ConnectorEntry {
    return this.#connectors.get(name) ?? NO_ENTRY;
  }

  #set(name: string, entry: ConnectorEntry): void {
    this.#connectors.set(name, entry);
  }

  /** Snapshots keep the map they were given. */
  #changeable(): this {
    if (this.#snapshot === undefined) return this;
    this.#snapshot = undefined;
    this.#connectors = new Map(this.#connectors);
    return this;
  }

  #tell(event: (listener: Partial<ConfigListener>) => void): void {
    if (!this.#live) return;
    try {
      event(this.#listener);
    } catch (error) {
      this.#logger.error("Could not handle a change in the config topic", { error });
    }
  }

  #noteUnknown(key: string, record: LogRecord): void {
    if (this.#unknownKeys.has(key)) return;
    this.#unknownKeys.add(key);
    this.#logger.warn(
      `Skipping records of the key ${key} in the config topic, which are of a kind this version does not know (first seen in ${describe(this.#topic, record)})`,
    );
  }
}

function parse(value: Buffer | null): unknown {
  if (value === null) throw new OddValue("it has no value");
  try {
    return JSON.parse(value.toString());
  } catch {
    throw new OddValue("its value is not JSON");
  }
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new OddValue("its value is not an object");
  return value as Record<string, unknown>;
}

function readProperties(value: unknown): Props {
  const { properties } = asObject(value);
  if (typeof properties !== "object" || properties === null || Array.isArray(properties))
    throw new OddValue("its value has no object properties");
  // Java connectors may leave nulls in task configurations, which mean no more than a missing key.
  const given = Object.entries(properties).filter(([, text]) => text !== null);
  for (const [key, text] of given)
    if (typeof text !== "string") throw new OddValue(`its property ${key} is not a text`);
  return Object.freeze(Object.fromEntries(given)) as Props;
}

const TARGET_STATES: readonly unknown[] = ["STARTED", "PAUSED", "STOPPED"] satisfies TargetState[];

function isTargetState(value: unknown): value is TargetState {
  return TARGET_STATES.includes(value);
}

/** `state.v2` where it is known; `state` is there for workers that do not know the newest states. */
function readTargetState(value: unknown): TargetState {
  const { state, "state.v2": newer } = asObject(value);
  if (isTargetState(newer)) return newer;
  if (isTargetState(state)) return state;
  throw new OddValue(`its state ${JSON.stringify(newer ?? state)} is not known`);
}

function readCount(value: unknown, field: string): number {
  const count = asObject(value)[field];
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0)
    throw new OddValue(`its ${field} is not a number of tasks`);
  return count;
}
