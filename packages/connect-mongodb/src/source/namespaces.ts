import { JavaSearch } from "@millrace/connect-api";
import type { MongoClient } from "mongodb";
import { toConnectError } from "../connection/errors.ts";
import type { Config } from "./config.ts";

export interface Namespace {
  readonly database: string;
  readonly collection: string;
}

export const nameOf = ({ database, collection }: Namespace): string => `${database}.${collection}`;

/** The collections that are to be copied: what is watched, without the server's own. */
export async function namespacesToCopy(client: MongoClient, config: Config): Promise<Namespace[]> {
  const { namespaceRegex } = config.copy;
  const pattern = namespaceRegex === "" ? undefined : new JavaSearch(namespaceRegex);
  try {
    const all = await watched(client, config);
    return all.filter((namespace) => matches(pattern, namespace));
  } catch (error) {
    throw toConnectError(error, "Cannot list the collections to copy");
  }
}

function matches(pattern: JavaSearch | undefined, namespace: Namespace): boolean {
  return pattern === undefined || pattern.find(nameOf(namespace)) !== undefined;
}

async function watched(client: MongoClient, config: Config): Promise<Namespace[]> {
  const { database, collection } = config;
  if (database !== "" && collection !== "") return [{ database, collection }];
  const databases = database === "" ? await databaseNames(client) : [database];
  const lists = await Promise.all(databases.map((name) => collectionsOf(client, name)));
  return lists.flat();
}

async function databaseNames(client: MongoClient): Promise<string[]> {
  const { databases } = await client.db("admin").admin().listDatabases({ nameOnly: true });
  const names = databases.map(({ name }) => name);
  return names.filter((name) => !/^(admin|config|local)/.test(name));
}

async function collectionsOf(client: MongoClient, database: string): Promise<Namespace[]> {
  const collections = await client.db(database).listCollections({}, { nameOnly: true }).toArray();
  return collections
    .map(({ name }) => ({ database, collection: name }))
    .filter((namespace) => !namespace.collection.startsWith("system."));
}
