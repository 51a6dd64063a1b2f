import { startSink, TestPartition } from "@millrace/connect-testkit";
import { expect, test } from "vitest";
import { MongoSinkConnector } from "../src/index.ts";
import { testDatabase } from "./mongo.ts";
import { TcpProxy } from "./tcp-proxy.ts";

test("a sink whose connections are cut again and again writes each record once, new ids included", async () => {
  await using database = await testDatabase();
  await using proxy = await TcpProxy.start(database.url);
  const props = {
    ...database.props,
    "connection.uri": proxy.url,
    topics: "t",
    "max.batch.size": "7",
  };
  await using run = await startSink(MongoSinkConnector, props);
  const partition = new TestPartition("t");
  const records = Array.from({ length: 300 }, (_, i) => partition.append({ value: `{"i": ${i}}` }));
  const cutting = setInterval(() => proxy.cut(), 15);
  const calm = setTimeout(() => clearInterval(cutting), 2000);
  await run.put(records, 30_000);
  clearInterval(cutting);
  clearTimeout(calm);
  const found = (await database.documents("t")).map(({ i }) => Number(i));
  expect(found.sort((a, b) => a - b)).toEqual(records.map((_, i) => i));
});
