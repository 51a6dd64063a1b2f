import assert from "node:assert/strict";
import {
  type ConfigKey,
  type ConfigValue,
  type Connector,
  parseKey,
  type Props,
  type SinkTask,
  type SourceTask,
} from "@millrace/connect-api";
import {
  FakeConnectorContext,
  FakeSinkTaskContext,
  FakeSourceTaskContext,
} from "../fake-contexts.ts";
import type { Check } from "./driver.ts";

export interface ConfigSubject {
  readonly kind: "source" | "sink";
  connectorClass(): Promise<new () => Connector>;
  /** Runs with a valid configuration of a place that exists only meanwhile. */
  withProps(run: (props: Props) => Promise<void>): Promise<void>;
}

/** Checks of a connector's configuration table and of `validate`. */
export function configChecks(subject: ConfigSubject): Check[] {
  const table = async () => Object.entries(new (await subject.connectorClass())().config());
  const validate = async (props: Props): Promise<readonly ConfigValue[]> =>
    new (await subject.connectorClass())().validate(props);

  return [
    {
      name: "every key has doc, type and importance, and a default that is valid",
      run: async () => {
        for (const [key, definition] of await table()) checkDefinition(key, definition);
      },
    },
    {
      name: "a valid configuration has no errors",
      run: () =>
        subject.withProps(async (props) => {
          const wrong = (await validate(props)).filter(({ errors }) => errors.length > 0);
          assert.deepEqual(
            wrong.map(({ name, errors }) => `${name}: ${errors.join("; ")}`),
            [],
          );
        }),
    },
    {
      name: "a missing required key is named in the validation error",
      run: () =>
        subject.withProps(async (props) => {
          for (const [key, definition] of await table()) {
            if (definition.default !== undefined) continue;
            const { [key]: _left, ...rest } = props;
            assertNamed(await validate(rest), key, "is missing");
          }
        }),
    },
    {
      name: "a value of the wrong type is named in the validation error",
      run: () =>
        subject.withProps(async (props) => {
          for (const [key, { type }] of await table()) {
            if (!["BOOLEAN", "INT", "SHORT", "LONG", "DOUBLE"].includes(type)) continue;
            assertNamed(
              await validate({ ...props, [key]: "not-of-this-type" }),
              key,
              "is no " + type,
            );
          }
        }),
    },
    {
      name: "stop is allowed after a start that failed",
      run: () =>
        subject.withProps(async (props) => {
          await stopAfterFailedStart(subject.kind, await subject.connectorClass(), props);
        }),
    },
  ];
}

function checkDefinition(key: string, definition: ConfigKey): void {
  assert.ok(definition.type, `key ${key} must have a type`);
  assert.ok(definition.importance, `key ${key} must have an importance`);
  assert.ok(definition.doc?.trim(), `key ${key} must have a doc`);
  const { default: value } = definition;
  if (value === undefined || value === null) return;
  assert.doesNotThrow(
    () => parseKey(key, definition, Array.isArray(value) ? value.join(",") : String(value)),
    `the default of key ${key} must be valid`,
  );
}

function assertNamed(values: readonly ConfigValue[], key: string, problem: string): void {
  const errors = values.filter(({ name }) => name === key).flatMap((value) => value.errors);
  assert.ok(
    errors.some((error) => error.includes(key)),
    `validation must name ${key} when it ${problem}, but says: ${JSON.stringify(errors)}`,
  );
}

async function stopAfterFailedStart(
  kind: "source" | "sink",
  connectorClass: new () => Connector,
  props: Props,
): Promise<void> {
  const required = Object.entries(new connectorClass().config())
    .filter(([, definition]) => definition.default === undefined)
    .map(([key]) => key);
  const broken = Object.fromEntries(
    Object.entries(props).filter(([key]) => !required.includes(key)),
  );
  const connector = new connectorClass();
  connector.initialize(new FakeConnectorContext());
  await attempt(() => connector.start(broken));
  await connector.stop();

  const task = new (connector.taskClass())();
  if (kind === "source") (task as SourceTask).initialize(new FakeSourceTaskContext(broken));
  else (task as SinkTask).initialize(new FakeSinkTaskContext(broken));
  await attempt(() => task.start(broken));
  await task.stop();
}

async function attempt(start: () => unknown): Promise<void> {
  try {
    await start();
  } catch (error) {
    // Refusing the configuration is right; only what `stop` does then is judged.
    assert.ok(error instanceof Error, "start must throw an Error");
  }
}
