import type { ConnectClient } from "@millrace/services";
import type { TopicCount } from "./counts.ts";

/** Where the rows of table `cities` come from and go to. */
export interface Pipeline {
  readonly postgresUrl: string;
  readonly elasticsearchUrl: string;
  readonly index: string;
  readonly topic: TopicCount;
}

/** What the demo shows, between servers that run and the commands to try. */
export interface Story {
  /** Topic that the source writes; the sink's index is called like it. */
  readonly topic: string;
  /** Before the connectors are created. */
  readonly prepare?: (postgresUrl: string) => Promise<void>;
  /** Creates the connectors and returns their names. */
  readonly connect: (pipeline: Pipeline, worker: ConnectClient) => Promise<string[]>;
  /** @throws {Error} saying what is not as it should be */
  readonly prove: (pipeline: Pipeline, rows: number) => Promise<void>;
  /** Commands to try while everything stays up. */
  readonly commands: (pipeline: Pipeline, workerUrl: string) => readonly string[];
  /** After the worker has stopped. */
  readonly cleanUp?: (postgresUrl: string) => Promise<void>;
}
