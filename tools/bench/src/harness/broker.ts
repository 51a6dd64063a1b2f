import { type Kafka, startKafka } from "@millrace/services";

/** One broker as a production one is tuned, with an empty data folder, on free loopback ports. */
export function startBroker(): Promise<Kafka> {
  return startKafka({
    heapMb: 1024,
    tuning: "load",
    properties: { "num.partitions": 1, "log.segment.bytes": 1_073_741_824 },
  });
}
