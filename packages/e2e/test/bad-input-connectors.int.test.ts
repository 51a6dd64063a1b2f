import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createDatabase,
  type FreshDatabase,
  sharedKafka,
  sharedPostgres,
} from "@millrace/services";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Witness } from "./support/witness.ts";

const SECRET = "kept-out-of-connectors";
/** Also a name for connectors: sinks of the run's other workers are in groups of their own. */
const TOPIC = `bad-connectors-${randomUUID()}`;
const FILE_SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const FILE_SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector";
const JDBC = "io.confluent.connect.jdbc.JdbcSourceConnector";
const ELASTICSEARCH = "io.confluent.connect.elasticsearch.ElasticsearchSinkConnector";

type Config = Readonly<Record<string, string>>;

let witness: Witness;
let database: FreshDatabase;
let sql: Client;

beforeAll(async () => {
  database = await createDatabase(await sharedPostgres());
  sql = new Client({ connectionString: database.url });
  await sql.connect();
  witness = await Witness.start({ bootstrapServers: await sharedKafka() }, [SECRET]);
});
afterEach(async () => {
  await witness.expectUndisturbed();
  await witness.expectNoSecrets();
});
afterAll(async () => {
  await witness?.[Symbol.asyncDispose]();
  await sql?.end();
  await database?.[Symbol.asyncDispose]();
});

/** A source of the test's own database; every key can be put in the place of another. */
function jdbc(changes: Config = {}): Config {
  const { hostname, port, pathname, username, password } = new URL(database.url);
  return {
    "connector.class": JDBC,
    "connection.url": `jdbc:postgresql://${hostname}:${port}${pathname}`,
    "connection.user": username,
    "connection.password": password,
    mode: "bulk",
    "topic.prefix": "bad-",
    ...changes,
  };
}

const elasticsearch = (changes: Config = {}): Config => ({
  "connector.class": ELASTICSEARCH,
  "connection.url": "http://127.0.0.1:1",
  topics: TOPIC,
  ...changes,
});

/** Nothing listens on port 1 of any machine. */
const NOWHERE = "127.0.0.1:1";

describe("refused with 400, naming the key or the remedy:", () => {
  type Case = readonly [what: string, config: () => Config, ...messages: [RegExp, ...RegExp[]]];
  const cases: Case[] = [
    ["no class", () => ({ topic: TOPIC }), /contains no connector type/],
    [
      "an unknown class",
      () => ({ "connector.class": "org.acme.NopeConnector" }),
      /matches org\.acme\.NopeConnector, available connectors are: .*FileStreamSinkConnector/,
    ],
    [
      "a class of another kind",
      () => ({ "connector.class": "org.apache.kafka.connect.json.JsonConverter", topic: TOPIC }),
      /any class that implements Connector.*JsonConverter/,
    ],
    [
      "a converter that is a connector",
      () => ({ "connector.class": FILE_SOURCE, topic: TOPIC, "value.converter": FILE_SINK }),
      /FileStreamSinkConnector does not implement the Converter interface/,
    ],
    [
      "a transformation nobody has",
      () => ({
        "connector.class": FILE_SOURCE,
        topic: TOPIC,
        transforms: "a",
        "transforms.a.type": "org.acme.Nope",
      }),
      /org\.acme\.Nope for configuration transforms\.a\.type/,
    ],
    [
      "a file source without topic",
      () => ({ "connector.class": FILE_SOURCE }),
      /Missing required configuration "topic"/,
    ],
    [
      "a file source with an empty topic",
      () => ({ "connector.class": FILE_SOURCE, topic: "" }),
      /configuration topic: /,
    ],
    [
      "a sink without topics",
      () => ({ "connector.class": FILE_SINK }),
      /Must configure one of topics or topics\.regex/,
    ],
    [
      "a sink with topics and topics.regex",
      () => ({ "connector.class": FILE_SINK, topics: "a", "topics.regex": "b" }),
      /topics and topics\.regex are mutually exclusive/,
    ],
    [
      "a topics.regex that does not compile",
      () => ({ "connector.class": FILE_SINK, "topics.regex": "a(" }),
      /configuration topics\.regex: /,
    ],
    [
      "tasks.max=abc and batch.size=-1, both at once",
      () => ({
        "connector.class": FILE_SOURCE,
        topic: TOPIC,
        "tasks.max": "abc",
        "batch.size": "-1",
      }),
      /Invalid value abc for configuration tasks\.max: Not a number of type INT/,
      /Invalid value -1 for configuration batch\.size: Value must be at least 1/,
    ],
    [
      "tasks.max=0",
      () => ({ "connector.class": FILE_SOURCE, topic: TOPIC, "tasks.max": "0" }),
      /Invalid value 0 for configuration tasks\.max: Value must be at least 1/,
    ],
    [
      "a word that is none of the choices",
      () => ({ "connector.class": FILE_SOURCE, topic: TOPIC, "errors.tolerance": "some" }),
      /configuration errors\.tolerance: .*none.*all/,
    ],
    [
      "a version nobody has",
      () => ({ "connector.class": FILE_SOURCE, topic: TOPIC, "connector.plugin.version": "[99,)" }),
      /version range \[99.*available versions: \[\d/,
    ],
    [
      "a database source without anything",
      () => ({ "connector.class": JDBC }),
      /configuration connection\.url: .*jdbc:postgresql:/,
      /configuration mode: /,
    ],
    [
      "a URL of no database that is known",
      () => jdbc({ "connection.url": `jdbc:db2://host/shop:password=${SECRET};` }),
      /configuration connection\.url: .*jdbc:postgresql:/,
    ],
    [
      "a password in a place of the URL where it is not looked for",
      () => jdbc({ "connection.url": `jdbc:oracle:thin:scott/${SECRET}@//host/shop` }),
      /configuration connection\.url: .*connection\.user and connection\.password/,
    ],
    [
      "a socket factory, which is a Java class",
      () => jdbc({ "connection.socketFactory": SECRET }),
      /configuration connection\.socketFactory: .*proxy or tunnel/,
    ],
    [
      "a driver that would be forced on another database's URL",
      () => jdbc({ "dialect.name": "MySqlDatabaseDialect" }),
      /configuration dialect\.name: .*PostgreSql/,
    ],
    [
      "tables by name and by expression at once",
      () => jdbc({ "table.include.list": ".*", "table.whitelist": "keyless" }),
      /cannot be set together with table\.whitelist/,
    ],
    [
      "a database that refuses",
      () => jdbc({ "connection.url": `jdbc:postgresql://${NOWHERE}/shop` }),
      /127\.0\.0\.1:1\/shop.*ECONNREFUSED.*Check connection\.url, and that the database runs/,
    ],
    [
      "a wrong password",
      () => jdbc({ "connection.password": SECRET }),
      /password authentication failed.*Check connection\.user and connection\.password/,
    ],
    [
      "a wrong password in the URL",
      () => ({
        ...jdbc({ "connection.url": `${jdbc()["connection.url"]}?user=u&password=${SECRET}` }),
        "connection.user": "",
        "connection.password": "",
      }),
      /password authentication failed.*connection\.password/,
    ],
    [
      "an unknown database",
      () => jdbc({ "connection.url": jdbc()["connection.url"]!.replace(/\/[^/]*$/, "/nodb") }),
      /database "nodb" does not exist.*connection\.url/,
    ],
    [
      "incrementing mode without its column",
      () => jdbc({ mode: "incrementing", "table.whitelist": "keyless" }),
      /incrementing\.column\.name/,
    ],
    [
      "an incrementing column the table does not have",
      () =>
        jdbc({
          mode: "incrementing",
          "table.whitelist": "keyless",
          "incrementing.column.name": "nope",
        }),
      /nope for configuration incrementing\.column\.name/,
    ],
    [
      "an Elasticsearch sink without anything",
      () => ({ "connector.class": ELASTICSEARCH }),
      /Missing required configuration "connection\.url"/,
      /Must configure one of topics/,
    ],
    [
      "an Elasticsearch that refuses",
      () => elasticsearch({ "connection.username": "elastic", "connection.password": SECRET }),
      /127\.0\.0\.1:1: .*ECONNREFUSED.*check connection\.url/,
    ],
    [
      "an Elasticsearch URL with a password and a wrong scheme",
      () => elasticsearch({ "connection.url": `ftp://elastic:${SECRET}@localhost:9200` }),
      /connection\.url/,
    ],
    [
      "a password without its user",
      () => elasticsearch({ "connection.password": SECRET }),
      /connection\.username/,
    ],
  ];

  beforeAll(async () => {
    await sql.query("CREATE TABLE keyless (name text)");
  });

  const named = cases.map(([what, configOf, ...messages]) => ({ what, configOf, messages }));

  it.each(named)("$what", async ({ configOf, messages }) => {
    const config = configOf();
    const answer = await witness.create("refused", config);
    expect(answer).toMatchObject({ status: 400, body: { error_code: 400 } });
    for (const message of messages) expect(answer.body.message).toMatch(message);
    expect((await witness.request("PUT", "/connectors/refused/config", config)).status).toBe(400);
    // I6: it changes nothing.
    expect((await witness.request("GET", "/connectors/refused")).status).toBe(404);
    await expectValidationToAgree(config);
  });

  // Not 400: Kafka Connect parses all of them before it begins to collect errors.
  it("settings of Kafka clients that do not parse, with 500", async () => {
    const answer = await witness.create("refused", {
      "connector.class": FILE_SOURCE,
      topic: TOPIC,
      "producer.override.linger.ms": "soon",
      "producer.override.sasl.jaas.config": SECRET,
    });
    expect(answer.status).toBe(500);
    expect(answer.body.message).toMatch(/soon for configuration linger\.ms: Not a number/);
    expect((await witness.request("GET", "/connectors/refused")).status).toBe(404);
  });

  it("a change of a connector that runs, which runs on as it was", async () => {
    const input = join(witness.worker.folder, "kept.txt");
    await writeFile(input, "");
    const config = { "connector.class": FILE_SOURCE, file: input, topic: TOPIC };
    expect((await witness.create("kept", config)).status).toBe(201);
    await witness.worker.client.waitFor("kept");
    const wrong = { ...config, "tasks.max": "many" };
    expect((await witness.request("PUT", "/connectors/kept/config", wrong)).status).toBe(400);
    const patch = { "tasks.max": "many" };
    expect((await witness.request("PATCH", "/connectors/kept/config", patch)).status).toBe(400);
    const { body } = await witness.request<Config>("GET", "/connectors/kept/config");
    expect(body).toEqual({ ...config, name: "kept" });
    await witness.worker.client.waitFor("kept");
    await witness.request("DELETE", "/connectors/kept");
  });
});

interface Validation {
  readonly error_count: number;
  readonly configs: readonly { readonly value: { readonly errors: readonly string[] } }[];
}

/** Validation alone finds as many errors as creating did, and answers 200 where it can be asked. */
async function expectValidationToAgree(config: Config): Promise<void> {
  const connectorClass = config["connector.class"];
  if (![FILE_SOURCE, FILE_SINK, JDBC, ELASTICSEARCH].includes(connectorClass ?? "")) return;
  const answer = await witness.request<Validation>(
    "PUT",
    `/connector-plugins/${connectorClass}/config/validate`,
    { ...config, name: "refused" },
  );
  expect(answer.status).toBe(200);
  const found = answer.body.configs.flatMap(({ value }) => value.errors);
  expect(found.length).toBeGreaterThan(0);
  expect(answer.body.error_count).toBe(found.length);
}

describe("made, and FAILED with a trace that names the remedy:", () => {
  type Case = readonly [what: string, config: () => Promise<Config> | Config, message: RegExp];
  const path = (name: string) => join(witness.worker.folder, name);
  const failing = `failing-${TOPIC}`;
  const cases: Case[] = [
    [
      "a source of a folder",
      () => ({ "connector.class": FILE_SOURCE, topic: TOPIC, file: witness.worker.folder }),
      /Could not read file .*it is a folder; name a file/,
    ],
    [
      "a source below a file",
      async () => {
        await writeFile(path("plain"), "");
        return { "connector.class": FILE_SOURCE, topic: TOPIC, file: path("plain/in.txt") };
      },
      /plain\/in\.txt: a part of the path is not a folder; correct the path/,
    ],
    [
      "a source of a device",
      () => ({ "connector.class": FILE_SOURCE, topic: TOPIC, file: "/dev/zero" }),
      /file \/dev\/zero: it is a pipe or a device.*Name a regular file/,
    ],
    [
      "a sink into a folder",
      async () => {
        await mkdir(path("folder"));
        return { "connector.class": FILE_SINK, topics: TOPIC, file: path("folder") };
      },
      /folder: it is a folder; name a file/,
    ],
    [
      "a sink into a folder that is missing",
      () => ({ "connector.class": FILE_SINK, topics: TOPIC, file: path("missing/out.txt") }),
      /missing\/out\.txt: its folder does not exist; create it or correct the path/,
    ],
    [
      "a source with a topic that Kafka cannot have",
      async () => {
        await writeFile(path("line.txt"), "a line\n");
        return { "connector.class": FILE_SOURCE, topic: "a b/c", file: path("line.txt") };
      },
      /topic a b\/c.*letters, digits/,
    ],
    [
      "a sink of a topic that Kafka cannot have",
      () => ({ "connector.class": FILE_SINK, topics: "x".repeat(250), file: path("out.txt") }),
      /topic x{250}.*1 to 249 letters, digits/,
    ],
    [
      "a source of a table that does not exist",
      () => jdbc({ "table.whitelist": "nope" }),
      /nope for configuration table\.whitelist: .*Create the table/,
    ],
    [
      "a source with a transformation that fails",
      async () => {
        await writeFile(path("plain.txt"), "a line\n");
        return {
          "connector.class": FILE_SOURCE,
          topic: TOPIC,
          file: path("plain.txt"),
          "value.converter": "org.apache.kafka.connect.converters.LongConverter",
        };
      },
      /Tolerance exceeded in error handler[^]*Caused by: .*DataException/,
    ],
  ];

  it.each(cases)("%s", async (_, configOf, message) => {
    const created = await witness.create(failing, await configOf());
    expect(created.status).toBe(201);
    const trace = await witness.failure(failing);
    expect(trace).toMatch(message);
    expect(trace.split("\n")[1]).toMatch(/^\tat /);
    expect(await witness.log()).toMatch(
      new RegExp(`(Connector ${failing}|Task ${failing}-0) has failed`),
    );
    const deleted = await witness.request("DELETE", `/connectors/${failing}`);
    expect(deleted.status).toBe(204);
  });

  it("and a failed task works once it is restarted after the cause is gone", async () => {
    const file = path("later/out.txt");
    const mended = `mended-${TOPIC}`;
    const created = await witness.create(mended, {
      "connector.class": FILE_SINK,
      topics: TOPIC,
      file,
    });
    expect(created.status).toBe(201);
    await witness.failure(mended);
    // Restarted too early it fails again.
    const restart = `/connectors/${mended}/tasks/0/restart`;
    expect((await witness.request("POST", restart)).status).toBe(204);
    await witness.failure(mended);
    await mkdir(path("later"));
    expect((await witness.request("POST", restart)).status).toBe(204);
    await witness.worker.client.waitFor(mended);
    await witness.request("DELETE", `/connectors/${mended}`);
  });

  it("and onlyFailed restarts what has failed, and nothing else", async () => {
    const file = path("again/out.txt");
    const again = `again-${TOPIC}`;
    await witness.create(again, { "connector.class": FILE_SINK, topics: TOPIC, file });
    await witness.failure(again);
    await mkdir(path("again"));
    const restart = `/connectors/${again}/restart?includeTasks=true&onlyFailed=true`;
    const answer = await witness.request<object>("POST", restart);
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({
      connector: { state: "RUNNING" },
      tasks: [{ id: 0, state: "RESTARTING" }],
    });
    await witness.worker.client.waitFor(again);
    await witness.request("DELETE", `/connectors/${again}`);
  });
});

it("a file that is not there yet is waited for, and so is a topic", async () => {
  const file = join(witness.worker.folder, "not-yet.txt");
  const output = join(witness.worker.folder, "not-yet.out");
  const [source, sink] = [`source-${TOPIC}`, `sink-${TOPIC}`];
  const strings = { "value.converter": "org.apache.kafka.connect.storage.StringConverter" };
  const reading = { "connector.class": FILE_SINK, topics: `${TOPIC}-later`, file: output };
  expect((await witness.create(sink, { ...reading, ...strings })).status).toBe(201);
  await witness.worker.client.waitFor(sink);
  const waiting = { "connector.class": FILE_SOURCE, topic: `${TOPIC}-later`, file };
  expect((await witness.create(source, { ...waiting, ...strings })).status).toBe(201);
  await witness.worker.client.waitFor(source);
  await writeFile(file, "at last\n");
  await expect.poll(() => readFile(output, "utf8"), { timeout: 15_000 }).toBe("at last\n");
  for (const name of [source, sink]) await witness.request("DELETE", `/connectors/${name}`);
});
