import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { type RawHeader, STRING_SCHEMA, SchemaBuilder, Struct } from "@millrace/connect-api";
import { sharedSchemaRegistry } from "@millrace/services";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AvroConverter, JsonSchemaConverter, ProtobufConverter } from "../src/index.ts";
import { atOnce, configured, newTopic, write } from "./registry.ts";

const GUID = "9f4b9f76-5e2a-4c11-9d5c-0b6e3fbd2a44";
const GUID_BYTES = Buffer.from(GUID.replaceAll("-", ""), "hex");
const ENVELOPE = Buffer.concat([Buffer.of(1), GUID_BYTES]);

/** The shared registry, which knows no GUIDs, with one for a schema of it. */
let guided: { readonly server: http.Server; readonly url: string; id: number };

beforeAll(async () => {
  const target = new URL(await sharedSchemaRegistry());
  const server = http.createServer((request, response) => {
    const path = request.url!.replace(`/schemas/guids/${GUID}`, `/schemas/ids/${guided.id}`);
    const onward = http.request(
      { host: target.hostname, port: target.port, path, ...onwardOf(request) },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  guided = { server, url: `http://127.0.0.1:${port}${target.pathname}`, id: 0 };
});

afterAll(() => {
  guided.server.closeAllConnections();
  guided.server.close();
});

const onwardOf = ({ method, headers }: http.IncomingMessage) => ({
  ...(method && { method }),
  headers,
});

const POINT = SchemaBuilder.struct().name("Point").field("x", STRING_SCHEMA).build();

const point = new Struct(POINT).put("x", "one");

test.each([
  ["Avro", AvroConverter],
  ["JSON Schema", JsonSchemaConverter],
  ["Protobuf", ProtobufConverter],
])("%s is read by an id before it, by a GUID, and by a header", async (_, Converter) => {
  const topic = newTopic();
  const converter = await configured(new Converter(), { "schema.registry.url": guided.url });
  const byId = await write(converter, topic, POINT, point);
  guided.id = byId.readInt32BE(1);
  const data = byId.subarray(5);
  // Protobuf has the position of its message before the data: one byte for the first.
  const position = Converter === ProtobufConverter ? data.subarray(0, 1) : Buffer.alloc(0);
  const bare = data.subarray(position.length);
  const header = (name: string, value: Buffer): RawHeader[] => [
    { key: "other", value: Buffer.from("x") },
    { key: name, value },
  ];
  const inHeader = Buffer.concat([ENVELOPE, position]);
  const messages: [Buffer, RawHeader[]][] = [
    [byId, []],
    [byId, header("__key_schema_id", inHeader)],
    [Buffer.concat([ENVELOPE, data]), []],
    [bare, header("__value_schema_id", inHeader)],
    [bare, header("__value_schema_id", Buffer.concat([byId.subarray(0, 5), position]))],
  ];
  for (const [bytes, headers] of messages) {
    const { schema, value } = await converter.toConnectData(topic, headers, bytes);
    expect((value as Struct).get("x")).toBe("one");
    expect(schema?.version).toBe(1);
    atOnce(converter.toConnectData(topic, headers, bytes));
  }
  converter.close();
});

test("a GUID that the registry does not know is an error that says so", async () => {
  const converter = await configured(new AvroConverter());
  const bytes = Buffer.concat([ENVELOPE, Buffer.from("data")]);
  await expect(converter.toConnectData(newTopic(), [], bytes)).rejects.toThrow(
    `Fetching the schema of GUID ${GUID}`,
  );
  converter.close();
});
