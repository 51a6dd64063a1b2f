import { counter, gauge, javaGroup } from "./group.ts";
import { average, LABELS, max, type Measured, rate, tally } from "./measured-task.ts";

/** Java has the client's id alone; with the task, series differ also where several share an id. */
const CLIENT_LABELS = { client_id: ({ clientId }: Measured) => clientId, ...LABELS };

/** Java: `SenderMetricsRegistry`. */
export const PRODUCER = javaGroup<Measured>(
  "producer-metrics",
  {
    doc: "The producer of a source's task.",
    labels: CLIENT_LABELS,
    attributes: {
      "record-send-rate": gauge("Records per second that were sent.", rate("producedRecords")),
      "record-send-total": counter(
        "Records that were sent, each time that they were.",
        tally("producedRecords"),
      ),
      "record-retry-rate": gauge("Records per second to be sent again.", rate("resentRecords")),
      "record-retry-total": counter("Records that were to be sent again.", tally("resentRecords")),
      "record-error-rate": gauge("Records per second that were given up.", rate("unsentRecords")),
      "record-error-total": counter("Records that were given up.", tally("unsentRecords")),
      "request-rate": gauge("Produce requests per second.", ({ measured }) =>
        measured.readings.frequency("producedRecords"),
      ),
      "request-total": counter("Produce requests.", tally("produceRequests")),
      "request-latency-avg": gauge(
        "Average time until a produce request was answered, in milliseconds.",
        average("produceMs"),
      ),
      "request-latency-max": gauge(
        "Longest time until a produce request was answered, in milliseconds.",
        max("produceMs"),
      ),
      "records-per-request-avg": gauge(
        "Average number of records in a produce request.",
        average("producedRecords"),
      ),
      "batch-size-avg": gauge(
        "Average size of a batch as it was sent, in bytes.",
        average("producedBytes"),
      ),
      "batch-size-max": gauge(
        "Size of the largest batch as it was sent, in bytes.",
        max("producedBytes"),
      ),
      "outgoing-byte-rate": gauge("Bytes of batches per second.", rate("producedBytes")),
      "outgoing-byte-total": counter(
        "Bytes of batches; Java counts requests whole.",
        tally("producedBytes"),
      ),
    },
  },
  "kafka.producer",
);

/** Java: `FetchMetricsRegistry`. */
export const CONSUMER_FETCHES = javaGroup<Measured>(
  "consumer-fetch-manager-metrics",
  {
    doc: "What the consumer of a sink's task reads.",
    labels: CLIENT_LABELS,
    attributes: {
      "records-consumed-rate": gauge("Records per second that were read.", rate("batchSize")),
      "records-consumed-total": counter("Records that were read.", tally("read")),
      "bytes-consumed-rate": gauge("Bytes per second that brokers sent.", rate("fetchedBytes")),
      "bytes-consumed-total": counter(
        "Bytes that brokers sent, compressed; Java counts batches when they are read.",
        tally("fetchedBytes"),
      ),
      "fetch-rate": gauge("Fetch requests per second.", ({ measured }) =>
        measured.readings.frequency("fetchMs"),
      ),
      "fetch-total": counter("Fetch requests that were answered.", tally("fetches")),
      "fetch-latency-avg": gauge(
        "Average time until a fetch request was answered, in milliseconds.",
        average("fetchMs"),
      ),
      "fetch-latency-max": gauge(
        "Longest time until a fetch request was answered, in milliseconds.",
        max("fetchMs"),
      ),
      "fetch-size-avg": gauge("Average size of an answer, in bytes.", average("fetchedBytes")),
      "fetch-size-max": gauge("Size of the largest answer, in bytes.", max("fetchedBytes")),
      "records-lag-max": gauge(
        "Records in Kafka that were not polled yet, of the partition with most of them.",
        tally("lag"),
      ),
    },
  },
  "kafka.consumer",
);

/** Java: `ConsumerCoordinatorMetrics`. */
export const CONSUMER_COORDINATOR = javaGroup<Measured>(
  "consumer-coordinator-metrics",
  {
    doc: "The consumer of a sink's task as a member of its group.",
    labels: CLIENT_LABELS,
    attributes: {
      "assigned-partitions": gauge("Topic partitions that it reads.", tally("partitions")),
    },
  },
  "kafka.consumer",
);
