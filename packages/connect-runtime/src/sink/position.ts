import type { GroupConsumer } from "@millrace/kafka-client";
import type { TaskMeasures } from "../task/measures.ts";
import type { SinkOffsets } from "./sink-offsets.ts";

/** Measures how far behind a sink task is, by the partition that is furthest. */
export function measurePosition(
  consumer: GroupConsumer,
  offsets: SinkOffsets,
  measures: TaskMeasures,
): void {
  const assignment = consumer.assignment();
  let uncommitted = 0;
  let lag = 0;
  for (const tp of assignment) {
    const position = consumer.position(tp);
    if (position === undefined) continue;
    uncommitted = Math.max(uncommitted, offsets.uncommitted(tp, position));
    lag = Math.max(lag, consumer.lag(tp) ?? 0);
  }
  measures.position(assignment.length, uncommitted, lag);
}
