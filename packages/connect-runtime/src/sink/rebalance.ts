import type { Logger, SinkTask, TopicPartition } from "@millrace/connect-api";
import type { GroupConsumer, RebalanceListener } from "@millrace/kafka-client";
import type { TaskLife } from "../task/life.ts";
import type { CommitSchedule } from "./commit-schedule.ts";
import type { Deliverer } from "./deliver.ts";
import type { PauseState } from "./pause-state.ts";
import type { SinkContext } from "./sink-context.ts";
import type { SinkOffsets } from "./sink-offsets.ts";

export interface RebalanceOptions {
  readonly task: SinkTask;
  readonly life: TaskLife;
  readonly context: SinkContext;
  readonly offsets: SinkOffsets;
  readonly deliverer: Deliverer;
  readonly pauses: PauseState;
  readonly commits: CommitSchedule;
  readonly consumer: () => GroupConsumer;
  readonly onActiveTopic: (topic: string) => void;
  readonly logger: Logger;
}

/**
 * What happens when partitions come and go (Java: `WorkerSinkTask.HandleRebalance`). The
 * consumer calls it inside its poll, so it never overlaps with `put`; revoked partitions
 * are committed and closed before anybody else gets them (I2).
 */
export function rebalanceListener(options: RebalanceOptions): RebalanceListener {
  const { task, life, context, offsets, deliverer, pauses, commits, logger } = options;

  const close = async (partitions: readonly TopicPartition[]) => {
    // A task that was given up is inside some call already, and nobody waits for another.
    if (!life.cancelled.aborted) await task.close(partitions);
    deliverer.drop(partitions);
    for (const tp of partitions) offsets.forget(tp);
    context.setAssignment(without(options.consumer().assignment(), partitions));
  };

  return {
    assigned: async (partitions) => {
      const consumer = options.consumer();
      context.setAssignment(consumer.assignment());
      const places = await Promise.all(
        partitions.map(async (tp) => {
          const offset = await consumer.resolvePosition(tp, life.stopping);
          offsets.begin(tp, offset);
          return `${tp.topic}-${tp.partition} from offset ${offset}`;
        }),
      );
      if (places.length > 0) logger.info(`The task reads ${places.join(", ")}`);
      else if (consumer.assignment().length === 0) {
        logger.info("The group has given the task nothing to read");
      }
      for (const topic of new Set(partitions.map((tp) => tp.topic))) options.onActiveTopic(topic);
      // New partitions begin flowing: hold them at once where everything is held.
      pauses.invalidate();
      pauses.apply(consumer);
      if (partitions.length === 0) return;
      await task.open(partitions);
      // What it asks for there counts for the very first records, which this poll may return.
      offsets.rewindAll(consumer, context.takeRewinds());
      pauses.apply(consumer);
    },
    // Others wait for these partitions, but would read again what is not committed now: no time limit.
    revoked: async (partitions) => {
      if (!life.cancelled.aborted) {
        const consumer = options.consumer();
        await commits.run(() => {
          offsets.rewindAll(consumer, context.takeRewinds());
          return offsets.commit(task, consumer, partitions, life.cancelled);
        }, logger);
      }
      await close(partitions);
    },
    lost: async (partitions) => {
      logger.warn(
        "Partitions were taken away before their offsets could be committed; their records may be read twice",
        { partitions },
      );
      await close(partitions);
    },
  };
}

function without(
  all: readonly TopicPartition[],
  gone: readonly TopicPartition[],
): readonly TopicPartition[] {
  return all.filter(
    (tp) => !gone.some((g) => g.topic === tp.topic && g.partition === tp.partition),
  );
}
