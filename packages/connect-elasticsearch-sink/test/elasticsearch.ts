import { randomUUID } from "node:crypto";
import { sharedElasticsearch } from "@millrace/services";

/** A topic and index name of a test's own. */
export function uniqueName(): string {
  return `es-sink-${randomUUID()}`;
}

export async function call(
  url: string,
  method = "GET",
  body?: object,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>,
  };
}

/** All documents of an index, by id. */
export async function documents(index: string, server?: string): Promise<Map<string, unknown>> {
  const url = server ?? (await sharedElasticsearch());
  await call(`${url}/${index}/_refresh`, "POST");
  const found = new Map<string, unknown>();
  let after: unknown[] | undefined;
  for (;;) {
    const { body } = await call(`${url}/${index}/_search`, "POST", {
      size: 10_000,
      sort: [{ _seq_no: "asc" }],
      ...(after && { search_after: after }),
    });
    const { hits } = body["hits"] as {
      hits: { _id: string; _source: unknown; sort: unknown[] }[];
    };
    for (const { _id, _source } of hits) found.set(_id, _source);
    after = hits.at(-1)?.sort;
    if (hits.length === 0) return found;
  }
}

export async function dropIndex(index: string, server?: string): Promise<void> {
  await call(
    `${server ?? (await sharedElasticsearch())}/${index}?ignore_unavailable=true`,
    "DELETE",
  );
}

export async function mappingOf(index: string, server?: string): Promise<Record<string, unknown>> {
  const { body } = await call(`${server ?? (await sharedElasticsearch())}/${index}/_mapping`);
  const [only] = Object.values(body) as { mappings: { properties?: Record<string, unknown> } }[];
  return only?.mappings.properties ?? {};
}
