import { expect, test } from "vitest";
import { ElasticsearchSinkConnector } from "./connector.ts";

const errorsOf = async (props: Record<string, string>) => {
  const values = await new ElasticsearchSinkConnector().validate(props);
  return new Map(values.filter(({ errors }) => errors.length > 0).map((v) => [v.name, v.errors]));
};

test("each task gets the whole configuration", () => {
  const connector = new ElasticsearchSinkConnector();
  const props = { "connection.url": "http://localhost:9200", topics: "t" };
  connector.start(props);
  expect(connector.taskConfigs(2)).toEqual([props, props]);
});

test("validation shows a problem under every key it is about, also one that is not in the table", async () => {
  const errors = await errorsOf({
    "connection.url": "http://localhost:9200",
    "connection.username": "u",
  });
  expect([...errors.keys()]).toEqual(["connection.username", "connection.password"]);
  const unsupported = await errorsOf({
    "connection.url": "http://localhost:9200",
    "kerberos.user.principal": "me",
  });
  expect(unsupported.get("kerberos.user.principal")).toEqual([
    "kerberos.user.principal is not supported by this connector: remove it.",
  ]);
});

test("validation does not give back a password within an address (I5)", async () => {
  const values = await new ElasticsearchSinkConnector().validate({
    "connection.url": "https://elastic:hunter2@host:9200",
  });
  expect(JSON.stringify(values)).not.toContain("hunter2");
});

test("validation names the address where nothing answers", async () => {
  const errors = await errorsOf({ "connection.url": "http://127.0.0.1:1" });
  expect(errors.get("connection.url")?.[0]).toMatch(
    /^Cannot connect at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.*check connection\.url/,
  );
});
