import { randomUUID } from "node:crypto";
import { sharedKafka, startJavaConnect } from "@millrace/services";
import { describe } from "vitest";
import { foreignClients } from "./support/foreign-clients.ts";

// What is expected of our worker is what these clients get from Java's.
describe("clients that others wrote drive a Java worker:", () => {
  foreignClients(async () =>
    startJavaConnect({
      bootstrapServers: await sharedKafka(),
      groupId: `foreign-${randomUUID()}`,
      properties: { "scheduled.rebalance.max.delay.ms": 0 },
    }),
  );
});
