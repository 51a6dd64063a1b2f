import { randomUUID } from "node:crypto";
import { isPromise, type Props, type Schema, type SchemaAndValue } from "@millrace/connect-api";
import { sharedSchemaRegistry } from "@millrace/services";
import type { RegistryConverter } from "../src/registry-converter.ts";

/** A topic of its own, so that its subjects are. */
export const newTopic = (): string => `t-${randomUUID()}`;

export async function configured<C extends RegistryConverter>(
  converter: C,
  props: Props = {},
  isKey = false,
): Promise<C> {
  converter.configure({ "schema.registry.url": await sharedSchemaRegistry(), ...props }, isKey);
  return converter;
}

export async function write(
  converter: RegistryConverter,
  topic: string,
  schema: Schema | null,
  value: unknown,
): Promise<Buffer> {
  return (await converter.fromConnectData(topic, [], schema, value))!;
}

export async function read(
  converter: RegistryConverter,
  topic: string,
  bytes: Buffer | null,
): Promise<SchemaAndValue> {
  return await converter.toConnectData(topic, [], bytes);
}

/** What a converter gives for a schema that it knows: never a promise. */
export function atOnce<T>(result: T | Promise<T>): T {
  if (isPromise(result)) throw new Error("The converter made a promise for a known schema");
  return result;
}

export async function askRegistry(
  method: string,
  path: string,
  body?: object,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${await sharedSchemaRegistry()}${path}`, {
    method,
    headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, unknown>;
}
