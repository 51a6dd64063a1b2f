import { expect, test } from "vitest";
import { sharedSchemaRegistry } from "./index.ts";

test("the shared registry registers a schema, and gives it by its id", async () => {
  const url = await sharedSchemaRegistry();
  const schema = '{"type":"string"}';
  const registered = await fetch(`${url}/subjects/services-shared-value/versions`, {
    method: "POST",
    body: JSON.stringify({ schema }),
    headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
  });
  const { id } = (await registered.json()) as { id: number };
  const found = await fetch(`${url}/schemas/ids/${id}`);
  expect(await found.json()).toMatchObject({ schema });
});
