import { randomUUID } from "node:crypto";
import type { Props } from "@millrace/connect-api";
import { isRealMongo, sharedMongo } from "@millrace/services";
import { type Collection, type Db, MongoClient } from "mongodb";

export type Document = Record<string, unknown>;

/** A database of a test's own on the shared server. */
export interface TestDatabase {
  readonly url: string;
  readonly client: MongoClient;
  readonly db: Db;
  /** What every configuration for it has in common. */
  readonly props: Props;
  collection(name: string): Collection<Document>;
  /** All documents, numbers of all kinds as JavaScript's, in the order of their ids. */
  documents(name: string): Promise<Document[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function testDatabase(): Promise<TestDatabase> {
  const url = await sharedMongo();
  const client = new MongoClient(url);
  const db = client.db(`t${randomUUID().replaceAll("-", "")}`);
  return {
    url,
    client,
    db,
    props: { "connection.uri": url, database: db.databaseName },
    collection: (name) => db.collection<Document>(name),
    documents: (name) => db.collection<Document>(name).find().sort({ _id: 1 }).toArray(),
    async [Symbol.asyncDispose]() {
      await db.dropDatabase();
      await client.close();
    },
  };
}

/** Whether the shared server is a replica set, which knows all of change streams. */
export async function hasReplicaSet(): Promise<boolean> {
  return isRealMongo(await sharedMongo());
}
