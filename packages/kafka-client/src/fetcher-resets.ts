import type { KafkaClient } from "./client.ts";
import { KafkaError } from "./errors.ts";
import type { FetchPartition } from "./fetcher-partition.ts";
import { listOffsetsOnce } from "./list-offsets.ts";
import type { Isolation, OffsetQuery } from "./list-offsets.ts";

/**
 * Looks up positions for partitions that have none, in one round. A partition that was sought or
 * taken away meanwhile is left alone.
 *
 * @returns whether metadata proved stale; partitions that failed wait until `notBefore`
 */
export async function resetPositions(
  client: KafkaClient,
  states: readonly FetchPartition[],
  isolation: Isolation,
): Promise<boolean> {
  const asked = states.map((state) => ({ state, epoch: state.epoch }));
  const found = await listOffsetsOnce(client, queriesOf(states), isolation);
  const retryAt = Date.now() + client.options.retryBackoffMs;
  let stale = false;
  const again: FetchPartition[] = [];
  for (const { state, epoch } of asked) {
    if (state.epoch !== epoch) continue;
    const listed = found.get(state.topic, state.partition);
    if (listed === undefined || listed instanceof KafkaError) {
      state.notBefore = retryAt;
      if (listed !== undefined && !listed.retriable) state.error = listed;
      else stale = true;
    } else if (listed.offset < 0) {
      again.push(state);
    } else {
      state.seek(listed.offset, listed.leaderEpoch);
    }
  }
  // No record is as young as the duration asks for: Java goes on at the end then (KIP-1106).
  for (const state of again) state.reset("latest");
  return stale;
}

function queriesOf(states: readonly FetchPartition[]): OffsetQuery[] {
  return states.flatMap(({ topic, partition, resetTo }) =>
    resetTo === undefined ? [] : [{ topic, partition, spec: resetTo }],
  );
}
