import * as fc from "fast-check";
import { expect, it } from "vitest";
import { recordingLogger } from "../../test/support/recording-logger.ts";
import type { TargetState } from "../threads/units.ts";
import type { LogWrite } from "./compacted-log.ts";
import {
  connectorChange,
  connectorRemoval,
  connectorStop,
  targetStateChange,
  taskConfigsChange,
} from "./config-changes.ts";
import { commitRecord, connectorRecord, targetStateRecord, taskRecord } from "./config-records.ts";
import { ConfigState } from "./config-state.ts";
import type { MaterializedConfigs } from "./materialized-configs.ts";

const props = fc.dictionary(fc.constantFrom("x", "y"), fc.string(), { maxKeys: 2 });
const target = fc.constantFrom<TargetState>("STARTED", "PAUSED", "STOPPED");
/** A connector as workers leave it: with a state or without, tasks committed as a whole or not yet. */
const connector = fc
  .record({
    config: fc.option(props),
    state: fc.option(target),
    tasks: fc.option(fc.array(props, { maxLength: 3 })),
  })
  .map(({ config, state, tasks }): LogWrite[] => [
    ...(state ? [targetStateRecord("c", state)] : []),
    ...(config ? [connectorRecord("c", config)] : []),
    ...(tasks ?? []).map((task, id) => taskRecord("c", id, task)),
    ...(tasks ? [commitRecord("c", tasks.length)] : []),
  ]);
const change = fc.oneof(
  fc.tuple(props, fc.option(target, { nil: undefined })).map(
    ([config, initial]) =>
      (before: MaterializedConfigs) =>
        connectorChange(before, "c", config, initial),
  ),
  fc.constant((before: MaterializedConfigs) => connectorRemoval(before, "c")),
  fc
    .array(props, { maxLength: 4 })
    .map((configs) => (before: MaterializedConfigs) => taskConfigsChange(before, "c", configs)),
  fc.constant((before: MaterializedConfigs) => connectorStop(before, "c")),
  target.map((state) => (before: MaterializedConfigs) => targetStateChange(before, "c", state)),
);

function stateOf() {
  const logger = recordingLogger();
  const state = new ConfigState("configs", logger);
  let offset = 0;
  const apply = (writes: readonly LogWrite[]) => {
    for (const write of writes)
      state.apply({ partition: 0, offset: offset++, timestamp: 0, ...write });
  };
  return { state, apply, logger };
}

function view(snapshot: MaterializedConfigs) {
  return {
    config: snapshot.connectorConfig("c"),
    target: snapshot.targetState("c"),
    tasks: snapshot.taskConfigs("c"),
    inconsistent: snapshot.isInconsistent("c"),
  };
}

it("a change that is taken back, wherever it was when it was given up, changes nothing", () => {
  fc.assert(
    fc.property(connector, change, fc.integer({ min: 1, max: 2 }), (records, plan, given) => {
      const { state, apply, logger } = stateOf();
      apply(records);
      const before = view(state.snapshot());
      const { steps, inverse } = plan(state.snapshot());
      const begun = Math.min(given, steps.length);
      for (const step of steps.slice(0, begun)) apply(step);
      apply(inverse?.(begun) ?? []);
      expect(view(state.snapshot())).toEqual(before);
      expect(logger.lines).toEqual([]);
      // Nothing is left over that the next change would stumble on.
      if (before.config === undefined) return;
      for (const step of taskConfigsChange(state.snapshot(), "c", [{ next: "1" }]).steps)
        apply(step);
      expect(view(state.snapshot()).tasks).toEqual([{ next: "1" }]);
    }),
    { numRuns: 500 },
  );
});

it("tasks that are unknown can't be taken back", () => {
  const { state, apply } = stateOf();
  apply([connectorRecord("c", {}), commitRecord("c", 1)]);
  expect(taskConfigsChange(state.snapshot(), "c", []).inverse).toBeUndefined();
});
