import { sharedKafka } from "@millrace/services";
import { expect, test } from "vitest";
import { createTopic, kafkajs, uniqueName } from "./support/kafka-topics.ts";
import { readFirst } from "./support/letters.ts";
import { StandaloneWorker } from "./support/standalone-worker.ts";

const LONG = { timeout: 60_000, interval: 100 };

interface Infos {
  readonly error_count: number;
  readonly configs: readonly {
    readonly value: { readonly name: string; readonly errors: readonly string[] };
  }[];
}

test("a worker filters and computes by expressions, and dead-letters what fails", async () => {
  const bootstrapServers = await sharedKafka();
  const name = uniqueName("expressions");
  const dlq = `${name}-dlq`;
  await createTopic(bootstrapServers, name, 1, {});
  const values = [
    { status: "PAID", price: 20, count: 3, sizes: [1] },
    { status: "OPEN", price: 20, count: 3, sizes: [1] },
    { status: "PAID", price: 0.5, count: "three", sizes: [1] },
    { status: "PAID", price: 1, count: 1, sizes: Array.from({ length: 1_000 }, () => 1) },
    { status: "PAID", price: 0.5, count: 3, sizes: [2] },
  ];
  const producer = kafkajs(bootstrapServers).producer();
  await producer.connect();
  const messages = values.map((value) => ({ value: JSON.stringify(value), partition: 0 }));
  await producer.send({ topic: name, messages });
  await producer.disconnect();

  const worker = await StandaloneWorker.start(bootstrapServers);
  const config = {
    "connector.class": "FileStreamSink",
    topics: name,
    file: worker.fileOf(name),
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
    "errors.tolerance": "all",
    "errors.deadletterqueue.topic.name": dlq,
    "errors.deadletterqueue.topic.replication.factor": "1",
    "errors.deadletterqueue.context.headers.enable": "true",
    predicates: "paid",
    "predicates.paid.type": "millrace.transforms.predicates.Expression",
    "predicates.paid.expression": "value.status == 'PAID'",
    transforms: "paid,total,text",
    "transforms.paid.type": "Filter",
    "transforms.paid.predicate": "paid",
    "transforms.paid.negate": "true",
    "transforms.total.type": "millrace.transforms.Expression$Value",
    "transforms.total.fields":
      "{'total': value.price * value.count, 'odd': value.sizes.all(a, value.sizes.all(b, a == b))}",
    "transforms.text.type": "millrace.transforms.Expression$Value",
    "transforms.text.expression": "topic.split('-')[0] + ' ' + string(value.total)",
  };

  const misspelt = { ...config, name, "transforms.total.fields": "{'total': valu.price}" };
  const { status, body } = await worker.client.request<Infos>(
    "PUT",
    "/connector-plugins/FileStreamSink/config/validate",
    misspelt,
  );
  expect(status).toBe(200);
  expect(body.error_count).toBe(1);
  expect(body.configs.find(({ value }) => value.errors.length > 0)?.value).toMatchObject({
    name: "transforms.total.fields",
    errors: [expect.stringContaining("line 1, column 11: unknown variable valu; there are value")],
  });

  await worker.client.create(name, config);
  await expect.poll(() => worker.committed(name), LONG).toBe(values.length);
  expect(worker.written(name)).toBe("expressions 60\nexpressions 1.5\n");
  const letters = await readFirst(bootstrapServers, dlq, 2);
  const reasons = letters.map(({ headers }) => Object.fromEntries(headers));
  for (const reason of reasons) {
    expect(reason).toMatchObject({
      "__connect.errors.stage": "TRANSFORMATION",
      "__connect.errors.class.name": "millrace.transforms.Expression$Value",
      "__connect.errors.exception.class.name": "org.apache.kafka.connect.errors.DataException",
    });
  }
  expect(reasons.map((reason) => reason["__connect.errors.exception.message"])).toEqual([
    expect.stringMatching(/^The expression of total failed: there is no double \* string; /),
    expect.stringMatching(/^The expression of odd failed: it visits more than 200000 elements/),
  ]);
});
