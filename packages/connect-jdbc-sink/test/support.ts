import { randomUUID } from "node:crypto";
import {
  type Props,
  type Schema,
  SchemaBuilder,
  SinkRecord,
  type SinkRecordParts,
  Struct,
} from "@millrace/connect-api";
import { type SinkRun, type SinkRunOptions, startSink } from "@millrace/connect-testkit";
import { createDatabase, sharedPostgres } from "@millrace/services";
import { Client } from "pg";
import { JdbcSinkConnector } from "../src/index.ts";

/** An empty database on a real server. */
export interface TestDatabase extends AsyncDisposable {
  readonly client: Client;
  /** What every configuration for it has in common. */
  readonly props: Props;
  /** Rows as arrays of what the driver makes of them. */
  sql(text: string, values?: unknown[]): Promise<unknown[][]>;
}

/** @param server URL of the server, by default the one that the test run shares */
export async function testDatabase(server?: string): Promise<TestDatabase> {
  const database = await createDatabase(server ?? (await sharedPostgres()));
  const url = new URL(database.url);
  const client = new Client({ connectionString: database.url });
  // A server that a test kills takes this connection along.
  client.on("error", () => undefined);
  await client.connect();
  const user = `writer of ${database.name}`;
  const password = `pass:${randomUUID()}`;
  await client.query(
    `CREATE ROLE "${user}" SUPERUSER LOGIN PASSWORD '${password}'; ALTER DATABASE ${database.name} OWNER TO "${user}"`,
  );
  return {
    client,
    props: {
      "connection.url": `jdbc:postgresql://${url.host}${url.pathname}`,
      "connection.user": user,
      "connection.password": password,
      "connection.attempts": "1",
      "connection.backoff.ms": "100",
      "retry.backoff.ms": "50",
    },
    sql: async (text, values = []) =>
      (await client.query<unknown[]>({ text, values, rowMode: "array" })).rows,
    [Symbol.asyncDispose]: async () => {
      await client.query(`REASSIGN OWNED BY "${user}" TO CURRENT_USER; DROP ROLE "${user}"`);
      await client.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

export const uniqueName = (): string => `t_${randomUUID().replaceAll("-", "").slice(0, 12)}`;

export function startJdbcSink(
  database: TestDatabase,
  props: Props = {},
  options: SinkRunOptions = {},
): Promise<SinkRun> {
  const defaults = { topics: "t", "auto.create": "true" };
  return startSink(JdbcSinkConnector, { ...database.props, ...defaults, ...props }, options);
}

/** A struct schema of these fields. */
export function structOf(fields: Record<string, Schema>, name = "row"): Schema {
  const builder = SchemaBuilder.struct().name(name);
  for (const [field, schema] of Object.entries(fields)) builder.field(field, schema);
  return builder.build();
}

export function rowOf(schema: Schema, values: Record<string, unknown>): Struct {
  const struct = new Struct(schema);
  for (const [name, value] of Object.entries(values)) struct.put(name, value);
  return struct;
}

/** Makes records of one partition, one offset after the other. */
export class Records {
  readonly topic: string;
  #next = 0;

  constructor(topic = "t") {
    this.topic = topic;
  }

  make(parts: Partial<SinkRecordParts>): SinkRecord {
    return new SinkRecord({
      topic: this.topic,
      kafkaPartition: 0,
      kafkaOffset: this.#next++,
      ...parts,
    });
  }
}
