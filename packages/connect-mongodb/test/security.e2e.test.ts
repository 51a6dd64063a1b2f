import { writeFile } from "node:fs/promises";
import { isRetriable, type Props } from "@millrace/connect-api";
import { startSink, TestPartition } from "@millrace/connect-testkit";
import { type FerretDb, startFerretDb } from "@millrace/services";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MongoSinkConnector } from "../src/index.ts";

let server: FerretDb;
let mutual: FerretDb;
beforeAll(async () => {
  // The first time it is built.
  server = await startFerretDb();
  mutual = await startFerretDb({ needsClientCertificate: true });
}, 900_000);
afterAll(async () => {
  await server.close();
  await mutual.close();
});

const WAIT = "serverSelectionTimeoutMS=3000";
const uri = ({ host, user, password }: FerretDb, options = ""): string =>
  `mongodb://${user}:${password}@${host}/?tls=true&${WAIT}${options}`;

const propsFor = (to: FerretDb, props: Props = {}): Props => ({
  "connection.uri": uri(to),
  "connection.ssl.truststore": to.tls.files.ca,
  database: "shop",
  topics: "orders",
  ...props,
});

async function write(props: Props): Promise<void> {
  await using run = await startSink(MongoSinkConnector, props);
  const record = new TestPartition("orders").append({ value: '{"_id": 1, "town": "Ulm"}' });
  await run.put([record], 0);
}

async function problems(props: Props): Promise<string[]> {
  const values = await new MongoSinkConnector().validate({ name: "orders", ...props });
  return values.flatMap(({ name, errors }) => errors.map((error) => `${name}: ${error}`));
}

describe("the sink, over TLS", () => {
  test.each(["SCRAM-SHA-256", "SCRAM-SHA-1"])("logs in by %s and writes", async (mechanism) => {
    const props = propsFor(server, {
      "connection.uri": uri(server, `&authMechanism=${mechanism}`),
      collection: mechanism,
    });
    expect(await problems(props)).toEqual([]);
    await write(props);
    await using client = new MongoClient(uri(server), { ca: server.tls.ca });
    const found = await client.db("shop").collection(mechanism).find().toArray();
    expect(found).toEqual([{ _id: 1, town: "Ulm" }]);
  });

  test("a server that nobody vouches for is not written to", async () => {
    const { "connection.ssl.truststore": _, ...props } = propsFor(server);
    await expect(write(props)).rejects.toThrow(/certificate/);
    expect(await problems(props)).toEqual(["connection.uri: Unable to connect to the server."]);
    await expect(new MongoSinkConnector().testConnection(props)).rejects.toThrow(/certificate/);
  });

  test("a wrong password is no outage, and is not shown (I5)", async () => {
    const wrong = uri({ ...server, password: "hunter2" } as FerretDb);
    const props = propsFor(server, { "connection.uri": wrong });
    const error: unknown = await write(props).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: expect.stringContaining("Check user, password") });
    expect(isRetriable(error)).toBe(false);
    expect(String((error as Error).stack)).not.toContain("hunter2");
    expect((await problems(props)).join()).not.toContain("hunter2");
  });

  test("a client's certificate comes from a PKCS #12 file or one in PEM", async () => {
    const { files, client, storePassword } = mutual.tls;
    const pem = `${files.certificate}.with-key`;
    await writeFile(pem, client.certificate + client.key, { mode: 0o600 });
    const stores = [
      {
        "connection.ssl.keystore": files.keystore,
        "connection.ssl.keystorePassword": storePassword,
      },
      { "connection.ssl.keystore": pem },
    ];
    for (const store of stores) await write(propsFor(mutual, store));
    await expect(write(propsFor(mutual))).rejects.toThrow(/certificate|alert|closed/);
  });
});
