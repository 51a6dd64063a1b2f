import { MongoClient } from "mongodb";
import { expect, test } from "vitest";
import { isRealMongo, sharedMongo, startMongoJavaServer } from "./index.ts";

test("the shared server takes and finds a document", async () => {
  await using client = new MongoClient(await sharedMongo());
  const collection = client.db("services-shared").collection("towns");
  await collection.insertOne({ town: "Freiburg im Breisgau" });
  expect(await collection.findOne({ town: /^Frei/ })).toMatchObject({
    town: "Freiburg im Breisgau",
  });
  await client.db("services-shared").dropDatabase();
});

test("the stand-in for a server is told from a replica set", async () => {
  await using server = await startMongoJavaServer();
  expect(await isRealMongo(server.url)).toBe(false);
});
