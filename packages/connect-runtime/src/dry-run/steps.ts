import type { Props } from "@millrace/connect-api";
import type { ConfigInfos } from "../herder/config-infos.ts";
import type { Stage } from "../errors/stage.ts";
import type { TaskConfigs } from "../threads/units.ts";

/**
 * What a dry run asks of a thread. Each step has a thread of its own, which is ended after it:
 * whatever the plugin does there, nothing is left of it. Answers are REST's bodies.
 */
export interface DryRunSteps {
  /** Checks the configuration. */
  readonly validate: (props: Props) => Promise<ConfigInfos>;
  /** Starts the connector, asks for its tasks' configurations, stops it. @throws what it throws */
  readonly planTasks: (connector: TriedConnector) => Promise<TaskConfigs>;
  /** Asks the plugin whether it reaches the other system (`Connector.testConnection`). */
  readonly testConnection: (
    connector: TriedConnector,
    limitMs: number,
  ) => Promise<ConnectionAnswer>;
  /** Takes a few records on their way. Nothing of them is written, nothing is committed. */
  readonly sampleRecords: (connector: TriedConnector, options: SampleOptions) => Promise<Sample>;
}

/** Fields of the answers that hold words of ours, whatever secrets there are. */
export const WORDS: ReadonlySet<string> = new Set(["outcome", "stage", "encoding", "schema"]);

/** A connector that is tried out; `props` as submitted, variables in them, `name` included. */
export interface TriedConnector {
  readonly name: string;
  readonly type: "source" | "sink";
  readonly props: Props;
}

export interface ConnectionAnswer {
  /** False: the plugin has no such test. */
  readonly offered: boolean;
  /** What was reached, in the plugin's words. */
  readonly message: string;
}

export interface SampleOptions {
  /** How many records. */
  readonly max: number;
  /** Sinks: from the beginning of the topics, or what came last. */
  readonly from: "earliest" | "latest";
  /** How long they are waited for. */
  readonly waitMs: number;
}

export interface Sample {
  readonly records: readonly SampledRecord[];
  /** What kept more from being read, for people. */
  readonly notes: readonly string[];
}

/** A record, where it came from, and how far it gets. */
export interface SampledRecord {
  readonly from: Readonly<Record<string, string | number>>;
  readonly outcome: "passed" | "filtered" | "failed";
  readonly failure?: RecordFailure;
  /** Before the transformations. */
  readonly before?: ShownRecord;
  /** Behind them: what the task would get, or the converters. */
  readonly after?: ShownRecord;
  /** Sources: what would be written to Kafka. */
  readonly written?: { readonly key: ShownBytes; readonly value: ShownBytes };
}

/** Where a record would be skipped, dead-lettered, or fail the task. */
export interface RecordFailure {
  readonly stage: Stage;
  /** Of the converter or transformation, by its Java name. */
  readonly class: string;
  readonly error: string;
}

export interface ShownRecord {
  readonly topic: string;
  readonly partition: number | null;
  readonly timestamp: number | null;
  readonly key: ShownValue;
  readonly value: ShownValue;
  readonly headers: readonly (ShownValue & { readonly name: string })[];
}

/** A value as JSON without schema, cut where it is long. */
export interface ShownValue {
  /** Its type, and the schema's name where it has one; null: no schema. */
  readonly schema: string | null;
  readonly text: string | null;
  readonly truncated?: true;
}

/** Bytes as text where they are UTF-8, else in Base64; cut where they are long. */
export interface ShownBytes {
  readonly encoding: "utf8" | "base64";
  readonly text: string | null;
  readonly truncated?: true;
}
