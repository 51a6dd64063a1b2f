import { randomUUID } from "node:crypto";
import { sharedKafka, startDistributedWorker } from "@millrace/services";
import { describe } from "vitest";
import { foreignClients } from "./support/foreign-clients.ts";

describe("clients that others wrote drive a Millrace worker:", () => {
  foreignClients(async () =>
    startDistributedWorker({
      bootstrapServers: await sharedKafka(),
      groupId: `foreign-${randomUUID()}`,
      properties: { "scheduled.rebalance.max.delay.ms": 0 },
    }),
  );
});
