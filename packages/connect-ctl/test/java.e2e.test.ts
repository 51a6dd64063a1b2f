import { randomUUID } from "node:crypto";
import { sharedKafka, startJavaConnect } from "@millrace/services";
import { describe } from "vitest";
import { tour } from "./support/tour.ts";

describe("connect-ctl and a Java worker", () => {
  tour(
    async () =>
      startJavaConnect({
        bootstrapServers: await sharedKafka(),
        groupId: `ctl-${randomUUID()}`,
        properties: { "offset.flush.interval.ms": 500, "scheduled.rebalance.max.delay.ms": 0 },
      }),
    { millrace: false },
  );
});
