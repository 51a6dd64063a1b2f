import { readdirSync, readFileSync } from "node:fs";
import { type ConfigKey, type Connector, printed, type Props } from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { MongoSinkConnector, MongoSourceConnector } from "../src/index.ts";

interface Recorded {
  readonly config: Props;
  readonly configs: readonly {
    readonly definition: Record<string, unknown> & { readonly name: string };
    readonly value: {
      readonly errors: string[];
      readonly recommended_values: string[];
      readonly visible: boolean;
      readonly value: string | null;
    };
  }[];
}

const folder = `${import.meta.dirname}/golden/rest`;
const recordings = readdirSync(folder).map((file) => ({
  file,
  recorded: JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as Recorded,
}));

const connectorOf = (file: string): Connector =>
  file.includes("-sink-") ? new MongoSinkConnector() : new MongoSourceConnector();

/** Java's default is the number of processors of the machine that was recorded. */
const OF_THE_MACHINE = /max\.threads$/;

function definition(key: ConfigKey, name: string) {
  return {
    name,
    type: key.type,
    required: key.default === undefined,
    default_value: key.default === undefined ? null : printed(key, key.default),
    importance: key.importance,
    group: key.group ?? "",
    width: key.width ?? "NONE",
    display_name: key.displayName ?? name,
    dependents: [...(key.dependents ?? [])],
  };
}

describe.each(recordings)("$file", ({ file, recorded }) => {
  test("the keys are defined as in Java, in its order", () => {
    const table = Object.entries(connectorOf(file).config()).filter(([, key]) => !key.beyondJava);
    const ours = table.map(([name, key]) => definition(key, name));
    // The worker's own keys stand first in its list; within groups they are where these say.
    const inGroups = [...recorded.configs].sort(
      (a, b) => Number(a.definition["order_in_group"]) - Number(b.definition["order_in_group"]),
    );
    const theirs = inGroups.map(({ definition: their }) => {
      const { documentation: _text, order: _order, order_in_group: _place, ...rest } = their;
      return rest;
    });
    const comparable = (all: readonly { name: string }[]) =>
      Object.fromEntries(
        all.map((one) => [
          one.name,
          OF_THE_MACHINE.test(one.name) ? { ...one, default_value: "n" } : one,
        ]),
      );
    expect(comparable(ours)).toEqual(comparable(theirs as { name: string }[]));
    const order = (all: readonly { readonly group: unknown; readonly name: string }[]) => {
      const groups = new Map<unknown, string[]>();
      for (const { group, name } of all) groups.set(group, [...(groups.get(group) ?? []), name]);
      return groups;
    };
    expect(order(ours)).toEqual(order(theirs as { group: string; name: string }[]));
  });

  test("errors and choices are Java's", async () => {
    // What has no error goes on to ask the server, which is not there.
    const nowhere = { "connection.uri": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=20" };
    const values = await connectorOf(file).validate({ ...nowhere, ...recorded.config });
    for (const {
      value: their,
      definition: { name },
    } of recorded.configs) {
      const ours = values.find((value) => value.name === name);
      // What is wrong with a secret is said without it (I5); Java repeats it.
      const errors = their.errors.map((text) =>
        text.replace("Invalid value bogus", "Invalid value [hidden]"),
      );
      expect.soft(ours?.errors, name).toEqual(errors);
      expect.soft(ours?.recommendedValues, name).toEqual(their.recommended_values);
      expect.soft(ours?.visible, name).toBe(their.visible);
    }
  });
});

test("a password within a connection string is not shown (I5)", async () => {
  for (const uri of [
    "bogus://user:hunter2@host/",
    "mongodb://user:hunter2@",
    "mongodb://user:hunter2@a,b:x/?y",
  ]) {
    const values = await new MongoSourceConnector().validate({ "connection.uri": uri });
    const errors = values.flatMap((value) => value.errors);
    expect(errors).toHaveLength(1);
    expect(errors.join()).not.toContain("hunter2");
  }
});

test.each<[Props, RegExp]>([
  [{ "csfle.enabled": "true" }, /csfle.enabled is not supported/],
  [
    {
      "namespace.mapper":
        "com.mongodb.kafka.connect.sink.namespace.mapping.FieldPathNamespaceMapper",
    },
    /path for the database or the collection/,
  ],
  [
    {
      "document.id.strategy":
        "com.mongodb.kafka.connect.sink.processor.id.strategy.PartialKeyStrategy",
    },
    /must be allowlist or blocklist/,
  ],
  [{ "writemodel.strategy": "Nope" }, /String must be one of/],
  [{ "field.renamer.regexp": "{" }, /Not a valid JSON array/],
  [{ "topic.override.t.max.batch.size": "-1" }, /max.batch.size: Value must be at least 0/],
  [{ "timeseries.timefield.auto.convert.date.format": "d MMM yyyy" }, /MMM is not supported/],
])("the sink refuses %o", async (props, message) => {
  const values = await new MongoSinkConnector().validate({ topics: "t", database: "d", ...props });
  expect(values.flatMap(({ errors }) => errors).join()).toMatch(message);
});

test.each<[Props, RegExp]>([
  [{ pipeline: '{"$match": {}}' }, /Not a valid JSON array/],
  [{ "topic.namespace.map": '{"a/b": "x"}' }, /not allowed in a simple namespace pattern/],
  [{ "topic.namespace.map": '{"/a(": "x"}' }, /topic.namespace.map/],
  [{ "topic.namespace.map": '{"/a": "{nope}"}' }, /\{nope\} in \{nope\} is none of/],
  [{ "output.schema.value": '{"type": "string"}' }, /Only Record schemas/],
  [
    {
      "output.schema.value":
        '{"type": "record", "name": "r", "fields": [{"name": "a", "type": ["int", "string"]}]}',
    },
    /Union Schemas are not supported.*'a'/,
  ],
  [{ "startup.mode.timestamp.start.at.operation.time": "yesterday" }, /seconds since the epoch/],
  [{ "startup.mode.copy.existing.namespace.regex": "(" }, /namespace.regex/],
  [{ "change.stream.full.document": "maybe" }, /String must be one of/],
])("the source refuses %o", async (props, message) => {
  const values = await new MongoSourceConnector().validate(props);
  expect(values.flatMap(({ errors }) => errors).join()).toMatch(message);
});
