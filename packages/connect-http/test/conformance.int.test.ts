import type { SinkRecord } from "@millrace/connect-api";
import {
  conformance,
  type SinkDriver,
  type SourceDriver,
} from "@millrace/connect-testkit/conformance";
import { TestServer } from "./http-server.ts";
import { ListApi } from "./list-api.ts";

const TOKEN = "conformance-token-7d1f";

async function sinkPlace(urlKey: string, path: string, props: Record<string, string>) {
  const server = await TestServer.start();
  // Like an API whose resources have names: what is put there again replaces what is there.
  const items = new Map<string, string>();
  server.react = ({ headers, path: name, body }) => {
    if (!headers.authorization?.endsWith(TOKEN))
      return { status: 401, body: String(headers.authorization) };
    items.set(name, body);
    return { status: 204 };
  };
  return {
    props: { ...props, [urlKey]: server.url + path, topics: "things", "retry.backoff.ms": "5" },
    secrets: [TOKEN],
    record: (i: number) => ({ key: `k ${i}`, value: { number: i } }),
    identify: ({ key, value }: SinkRecord) =>
      `/things/${encodeURIComponent(String(key))} ${JSON.stringify(value)}`,
    read: async () => [...items].map(([name, body]) => `${name} ${body}`),
    close: () => server[Symbol.asyncDispose](),
  };
}

const aivenSink: SinkDriver = {
  kind: "sink",
  class: "io.aiven.kafka.connect.http.HttpSinkConnector",
  idempotent: true,
  open: () =>
    sinkPlace("http.url", "/things/${key}", {
      "http.authorization.type": "static",
      "http.headers.authorization": `Bearer ${TOKEN}`,
    }),
};

const confluentSink: SinkDriver = {
  kind: "sink",
  class: "io.confluent.connect.http.HttpSinkConnector",
  idempotent: true,
  open: () =>
    sinkPlace("http.api.url", "/things/${key}", {
      "request.method": "PUT",
      "request.body.format": "json",
      "auth.type": "BEARER",
      "bearer.token": TOKEN,
      "behavior.on.null.values": "delete",
    }),
};

const genericSink: SinkDriver = {
  kind: "sink",
  class: "io.confluent.connect.http.sink.GenericHttpSinkConnector",
  idempotent: true,
  open: async () => {
    const place = await sinkPlace("http.api.base.url", "", {
      "api1.topics": "things",
      "api1.http.api.path": "/things/${key}",
      "api1.http.request.sensitive.headers": `Authorization: Bearer ${TOKEN}`,
      "api1.retry.backoff.ms": "5",
    });
    return { ...place, secrets: [] };
  },
};

async function sourcePlace(path: string, props: Record<string, string>) {
  const server = await TestServer.start();
  const api = new ListApi();
  server.react = (seen) =>
    seen.headers.authorization === `Bearer ${TOKEN}`
      ? api.react(seen)
      : { status: 401, body: String(seen.headers.authorization) };
  return {
    props: {
      ...props,
      url: server.url + path,
      "auth.type": "BEARER",
      "bearer.token": TOKEN,
      "retry.backoff.ms": "5",
    },
    write: async (count: number) => api.add(count),
    close: () => server[Symbol.asyncDispose](),
  };
}

const millraceSource: SourceDriver = {
  kind: "source",
  class: "millrace.http.HttpSourceConnector",
  open: () =>
    sourcePlace("/cursor", {
      topic: "t",
      "poll.interval.ms": "20",
      "records.path": "$.items",
      pagination: "cursor",
      "pagination.parameter": "cursor",
      "pagination.path": "$.meta.next",
      incremental: "timestamp",
      "incremental.path": "$.ts",
      "incremental.parameter": "since",
    }),
};

const confluentSource: SourceDriver = {
  kind: "source",
  class: "io.confluent.connect.http.HttpSourceConnector",
  open: () =>
    sourcePlace("/offset?offset=${offset}", {
      "topic.name.pattern": "t",
      "request.interval.ms": "20",
      "http.response.data.json.pointer": "/items",
    }),
};

conformance({
  packageDir: `${import.meta.dirname}/..`,
  drivers: [aivenSink, confluentSink, genericSink, confluentSource, millraceSource],
});
