import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConnectWorker } from "@millrace/services";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ctl as run, type CtlOptions, type Ran } from "./ctl.ts";

const PATIENCE = { timeout: 60_000, interval: 100 };
const STRING = "org.apache.kafka.connect.storage.StringConverter";

/** What only some workers offer. */
export interface Offers {
  /** What is beyond Kafka Connect: health with its reasons, log lines, events. */
  readonly millrace: boolean;
}

/**
 * Everything that the command does to a cluster, seen from outside. It is the same for
 * every kind of worker, but for what it `offers`.
 */
export function tour(start: () => Promise<ConnectWorker>, { millrace }: Offers): void {
  // Not by chance a number, which YAML has to quote.
  const id = `ctl-${randomUUID().slice(0, 8)}`;
  const [source, sink] = [`${id}-source`, `${id}-sink`];
  let worker: ConnectWorker;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ctl-"));
    worker = await start();
    await vi.waitFor(async () => expect((await ctl("health")).code).toBe(0), PATIENCE);
    await writeFile(join(folder, "in.txt"), "one\ntwo\nthree\n");
  });
  afterAll(async () => {
    await worker?.close();
    await rm(folder, { recursive: true, force: true });
  });

  function ctl(command: string, options: CtlOptions = {}): Promise<Ran> {
    const env = { CONNECT_URL: worker.url, ...options.env };
    return run(command.split(" "), { ...options, env });
  }

  /** Runs a command that must succeed. @returns what it printed */
  async function ok(command: string, options?: CtlOptions): Promise<string> {
    const { code, out, err } = await ctl(command, options);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    return out;
  }

  /** Runs a command for its data. */
  async function data<T>(command: string): Promise<T> {
    return JSON.parse(await ok(`${command} -o json`)) as T;
  }

  async function file(name: string, content: string): Promise<string> {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  }

  /** Output without what is different each time. */
  function stable(text: string): string {
    return text
      .replaceAll(id, "ID")
      .replaceAll(folder, "FOLDER")
      .replaceAll(worker.url.slice(7), "WORKER:PORT")
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME");
  }

  /** The same, with tables whose columns are as wide as they must be. */
  function columns(text: string): string {
    return stable(text).replaceAll(/(?<=\S) {2,}/g, "  ");
  }

  /** A sink whose task cannot start: its file is in no folder. */
  const broken = (name: string) =>
    JSON.stringify({
      name,
      "connector.class": "FileStreamSink",
      topics: id,
      file: "/nonexistent/folder/file",
    });

  test("a folder is applied, and applied again, without a change the second time", async () => {
    const connectors = join(folder, "connectors");
    await mkdir(connectors);
    await writeFile(
      join(connectors, "source.json"),
      JSON.stringify({
        name: source,
        config: {
          "connector.class": "FileStreamSource",
          file: join(folder, "in.txt"),
          topic: id,
          "tasks.max": 1,
          "value.converter": STRING,
        },
      }),
    );
    await writeFile(
      join(connectors, "sink.yaml"),
      `name: ${sink}\nconnector.class: FileStreamSink\ntopics: ${id}\ntasks.max: 1\nfile: ${join(folder, "out.txt")}\nvalue.converter: ${STRING}\n`,
    );
    const dryRun = await ctl(`apply -f ${connectors} --dry-run --exit-code`);
    expect(dryRun.code).toBe(1);
    expect(stable(dryRun.out)).toBe(
      [
        "ID-sink would be created",
        "  + connector.class = FileStreamSink",
        "  + file = FOLDER/out.txt",
        "  + tasks.max = 1",
        "  + topics = ID",
        `  + value.converter = ${STRING}`,
        "ID-source would be created",
        "  + connector.class = FileStreamSource",
        "  + file = FOLDER/in.txt",
        "  + tasks.max = 1",
        "  + topic = ID",
        `  + value.converter = ${STRING}`,
        "",
      ].join("\n"),
    );
    expect(await data("list")).not.toContainEqual(expect.objectContaining({ name: source }));

    const applied = await ok(`apply -f ${connectors} --wait`);
    expect(stable(applied)).toContain("ID-source created\n");
    expect(stable(applied)).toContain("ID-source is RUNNING\n");
    await vi.waitFor(
      async () => expect(await readFile(join(folder, "out.txt"), "utf8")).toBe("one\ntwo\nthree\n"),
      PATIENCE,
    );

    expect(stable(await ok(`apply -f ${connectors} --dry-run --exit-code`))).toBe(
      "ID-sink unchanged\nID-source unchanged\n",
    );
    expect(stable(await ok(`apply -f ${connectors}`))).toBe(
      "ID-sink unchanged\nID-source unchanged\n",
    );
  });

  test("a change shows its keys, and a mistake in one file changes nothing", async () => {
    const input = JSON.stringify([
      { name: sink, ...(await data<object>(`get config ${sink}`)), "tasks.max": 2 },
      { name: `${id}-bad`, "connector.class": "FileStreamSink", file: "x" },
    ]);
    const refused = await ctl("apply -f -", { input });
    expect(refused.code).toBe(1);
    expect(stable(refused.out)).toContain("  ~ tasks.max = 2 (was 1)\n");
    expect(stable(refused.out)).toMatch(/ID-bad would be created\n(?: {2}\+ .*\n)+ {2}! /);
    expect(stable(refused.err)).toBe("Nothing was changed: ID-bad would be refused\n");
    expect(await data(`get config ${sink}`)).toMatchObject({ "tasks.max": "1" });

    const properties = Object.entries(await data<object>(`get config ${sink}`));
    const lines = properties.map(([key, value]) => `${key}=${value}\n`).join("");
    const changed = await file("sink.properties", lines.replace("tasks.max=1", "tasks.max=2"));
    expect(stable(await ok(`apply -f ${changed} --wait`))).toBe(
      "ID-sink updated\n  ~ tasks.max = 2 (was 1)\nID-sink is RUNNING\n",
    );
  });

  test("connectors are listed with their states, and what has failed is told", async () => {
    const name = `${id}-broken`;
    expect((await ctl("create -f - --wait", { input: broken(name) })).code).toBe(1);
    expect(columns(await ok("list"))).toBe(
      [
        "NAME  TYPE  STATE  TASKS",
        "ID-broken  sink  RUNNING  1 FAILED",
        "ID-sink  sink  RUNNING  2 RUNNING",
        "ID-source  source  RUNNING  1 RUNNING",
        "",
      ].join("\n"),
    );
    const { code, out } = await ctl(`status ${id}-* --exit-code`);
    expect(code).toBe(1);
    const [header, first, second] = columns(out).split("\n");
    const [since, time] = millrace ? ["  SINCE", "  TIME"] : ["", ""];
    expect(header).toBe(`NAME  TYPE  HEALTH${since}  CONNECTOR  TASKS  WORKER`);
    expect(first).toBe(`ID-broken  sink  failed${time}  RUNNING  1 FAILED  WORKER:PORT`);
    expect(second).toBe(`ID-sink  sink  healthy${time}  RUNNING  2 RUNNING  WORKER:PORT`);
    expect(stable(out)).toMatch(
      /\n\nID-broken: task 0 FAILED on WORKER:PORT\n {2}\S+Exception: .*\n$/,
    );
    expect(await ok(`status ${source} --exit-code`)).toContain("healthy");
    const told = {
      reason: expect.stringMatching(/^Task 0 has failed: .*Exception/) as string,
      since: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    };
    expect(await data(`status ${name}`)).toEqual([
      {
        name,
        type: "sink",
        health: "failed",
        ...(millrace ? told : {}),
        state: "RUNNING",
        worker: worker.url.slice(7),
        tasks: [
          {
            id: 0,
            state: "FAILED",
            worker: worker.url.slice(7),
            error: expect.stringContaining("Exception") as string,
          },
        ],
      },
    ]);
    const restarted = await ctl(`restart ${name} --include-tasks --only-failed`);
    expect({ ...restarted, out: stable(restarted.out) }).toEqual({
      code: 0,
      out: "ID-broken was told to restart\n",
      err: "",
    });
    const described = stable(await ok(`describe ${name}`));
    expect(described).toMatch(/^Name: {6}ID-broken\nType: {6}sink\nClass: {5}FileStreamSink\n/);
    expect(described).toContain("\nConfiguration:\n  connector.class = FileStreamSink\n");
    expect(stable(await ok(`delete ${name}`))).toBe("ID-broken deleted\n");
    expect(stable(await ok(`delete ${name} --if-exists`))).toBe("ID-broken does not exist\n");
  });

  test("what is not there ends with 4", async () => {
    for (const verb of ["describe", "status", "pause", "delete"]) {
      expect(await ctl(`${verb} nope`)).toMatchObject({ code: 4, out: "" });
    }
    expect((await ctl(`restart ${source} --task 7`)).code).toBe(4);
    expect((await ctl("status nobody-*")).code).toBe(4);
    const several = await ctl(`status nope ${source}`);
    expect(several.code).toBe(4);
    expect(several.err).toMatch(/^nope: /);
    expect(several.out).toContain(source);
  });

  test("connectors are paused, resumed, stopped and restarted", async () => {
    expect(stable(await ok(`pause ${id}-* --wait`))).toBe(
      "ID-sink is PAUSED\nID-source is PAUSED\n",
    );
    expect(await data(`status ${source}`)).toMatchObject([{ health: "paused" }]);
    expect(stable(await ok(`resume ${source} ${sink} --wait`))).toBe(
      "ID-source is RUNNING\nID-sink is RUNNING\n",
    );
    expect(stable(await ok(`restart ${id}-* --include-tasks --wait`))).toBe(
      "ID-sink is RUNNING\nID-source is RUNNING\n",
    );
    await ok(`restart ${source} --task 0`);
    expect(stable(await ok(`stop ${source} --wait`))).toBe("ID-source is STOPPED\n");
    expect(await data(`status ${source}`)).toMatchObject([{ health: "stopped", tasks: [] }]);
    await ok(`resume ${source} --wait`);
  });

  test("offsets are shown, and changed only while nothing runs", async () => {
    const filename = join(folder, "in.txt");
    await vi.waitFor(
      async () =>
        expect(await data(`offsets get ${source}`)).toEqual({
          offsets: [{ partition: { filename }, offset: { position: 14 } }],
        }),
      PATIENCE,
    );
    expect(stable(await ok(`offsets get ${source}`))).toMatch(
      /^PARTITION +OFFSET\n\{"filename":"FOLDER\/in.txt"\} {2}\{"position":14\}\n$/,
    );
    const refused = await ctl(`offsets reset ${source}`);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(`${source} is RUNNING`);
    expect(refused.err).toContain("--stop");

    const exported = await file("offsets.json", await ok(`offsets get ${source} -o json`));
    expect(stable(await ok(`offsets set ${source} -f ${exported} --stop`))).toMatch(
      /altered successfully\.?.*\nID-source was told to resume\n$/,
    );
    await ok(`stop ${sink} --wait`);
    await ok(`offsets set ${sink} ${id}:0=1`);
    expect(await data(`offsets get ${sink}`)).toEqual({
      offsets: [
        {
          partition: { kafka_topic: id, kafka_partition: 0 },
          offset: { kafka_offset: 1 },
        },
      ],
    });
    await ok(`offsets reset ${sink}`);
    expect(await data(`offsets get ${sink}`)).toEqual({ offsets: [] });
    await ok(`resume ${sink} --wait`);
    expect(await data(`topics ${sink}`)).toEqual({ [sink]: { topics: [id] } });
  });

  test("secrets are not shown, and stay what they are where [hidden] is applied", async () => {
    const name = `${id}-secret`;
    const secret = "correct horse battery staple";
    const input = JSON.stringify({
      name,
      initial_state: "STOPPED",
      config: {
        "connector.class": "FileStreamSource",
        topic: id,
        "producer.override.ssl.truststore.password": secret,
      },
    });
    const made = await ok("apply -f - --wait", { input });
    expect(stable(made)).toBe(
      [
        "ID-secret created",
        "  + connector.class = FileStreamSource",
        "  + producer.override.ssl.truststore.password = [hidden]",
        "  + topic = ID",
        "ID-secret is STOPPED",
        "",
      ].join("\n"),
    );
    const printed = [];
    for (const format of ["table", "json", "yaml"]) {
      printed.push(await ok(`get config ${name} -o ${format}`), await ok(`describe ${name}`));
    }
    expect(printed.join("")).not.toContain(secret);
    const edited = printed[4]!.replace(`topic: ${id}`, `topic: ${id}-other`);
    expect(stable(await ok("apply -f -", { input: edited }))).toBe(
      "ID-secret updated\n  ~ topic = ID-other (was ID)\n",
    );
    expect(await data(`get config ${name} --show-secrets`)).toMatchObject({
      "producer.override.ssl.truststore.password": secret,
    });
  });

  test("prune deletes what no file has, and only names like the pattern", async () => {
    const input = JSON.stringify(await data<object>(`get config ${source}`));
    const dryRun = await ok(`apply -f - --prune ${id}-s* --dry-run`, { input });
    expect(stable(dryRun)).toBe(
      "ID-source unchanged\nID-secret would be deleted\nID-sink would be deleted\n",
    );
    const pruned = await ok(`apply -f - --prune ${id}-se* -o json`, { input });
    expect(JSON.parse(pruned)).toEqual([
      { name: source, action: "unchanged", changes: [] },
      { name: `${id}-secret`, action: "delete", changes: [] },
    ]);
    expect(await data(`list`)).toMatchObject([{ name: sink }, { name: source }]);
  });

  test("files are validated by the worker", async () => {
    const input = `name: ${id}-new\nconnector.class: FileStreamSource\ntopic: t\ntpoic: u\n`;
    expect(stable(await ok("validate -f -", { input }))).toBe(
      "ID-new is valid\n  ? tpoic: nothing defines this key; is it spelt right?\n",
    );
    const bad = await ctl("validate -f - -o json", {
      input: `{"name": "${id}-bad", "connector.class": "FileStreamSink", "tasks.max": "many"}`,
    });
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.out)).toEqual([
      {
        name: `${id}-bad`,
        valid: false,
        errors: expect.arrayContaining([expect.stringMatching(/^tasks\.max: .*many/)]) as string[],
        unknown: [],
      },
    ]);
    const foreign = await ctl("validate -f -", { input: `name: x\nconnector.class: com.x.Nope\n` });
    expect(foreign.code).toBe(1);
    expect(foreign.out).toMatch(/^x is not valid\n {2}! .*com\.x\.Nope/);
  });

  test("plugins, loggers, health and versions are shown", async () => {
    expect(await ok("plugins")).toMatch(
      /\norg\.apache\.kafka\.connect\.file\.FileStreamSinkConnector +sink +\d/,
    );
    expect(await ok("plugins list --all")).toMatch(
      /org\.apache\.kafka\.connect\.transforms\.RegexRouter +transformation/,
    );
    expect(await ok("plugins config FileStreamSink")).toMatch(/\ntasks\.max +INT +1 +HIGH/);
    const logger = "org.apache.kafka.connect.runtime.distributed";
    expect(await ok(`loggers set ${logger} DEBUG`)).toBe(`${logger} is DEBUG (this worker)\n`);
    expect(await data(`loggers get ${logger}`)).toEqual({
      [logger]: { level: "DEBUG", last_modified: expect.any(Number) as number },
    });
    expect(await ok("loggers")).toMatch(/^LOGGER +LEVEL +CHANGED\n/);
    expect(await ok(`loggers set ${logger} INFO --scope cluster`)).toContain("all workers");
    expect(stable(await ok("health"))).toMatch(/^WORKER +HEALTH +MESSAGE\nhttp:\S+ +healthy +W/);
    expect(await ok("version")).toMatch(
      /^connect-ctl +\d+\.\d+\.\d+\nworker +\d\S* \(\w+\)\nKafka cluster {2}\S+\n$/,
    );
  });

  /** Makes a source whose name nothing else has. */
  async function started(name: string): Promise<string> {
    await ok("create -f - --wait", {
      input: `name: ${name}\nconnector.class: FileStreamSource\ntopic: ${id}\nfile: ${folder}/in.txt\n`,
    });
    return name;
  }

  /** Does something to a connector while a command follows it, until both have come to their end. */
  async function following(
    command: string,
    name: string,
    meanwhile: (seen: () => string) => Promise<void>,
  ): Promise<Ran> {
    let seen = "";
    const followed = ctl(`${command} ${name}`, { onOut: (out) => (seen = stable(out)) });
    await vi.waitFor(() => expect(seen).not.toBe(""), PATIENCE);
    await meanwhile(() => seen);
    await ok(`delete ${name}`);
    return followed;
  }

  test.each(["events", ...(millrace ? [] : ["logs"])])(
    "%s -f tells of what happens until the connector is deleted",
    async (command) => {
      const name = await started(`${id}-followed-${command}`);
      const { code, err } = await following(`${command} -f`, name, async (seen) => {
        await vi.waitFor(() => expect(seen()).toContain("RUNNING"), PATIENCE);
        await ok(`pause ${name}`);
        await vi.waitFor(() => expect(seen()).toContain("PAUSED"), PATIENCE);
      });
      expect(code).toBe(0);
      expect(err).toContain(`${name} has been deleted`);
    },
  );

  test.runIf(millrace)("events and logs are kept for a while", async () => {
    const name = await started(`${id}-kept`);
    const events = stable(await ok(`events ${name}`));
    expect(events).toContain("TIME  config connector=ID-kept change=created\n");
    expect(events).toMatch(/TIME {2}status connector=ID-kept task=0 state=RUNNING .*\n/);

    const logs = await ok(`logs ${name}`);
    expect(stable(logs)).toMatch(/^TIME {2}INFO {2}\[ID-kept\|task-0\] .* \(\S+\)$/m);
    expect(await data(`logs ${name}`)).toContainEqual(
      expect.objectContaining({ worker: worker.url.slice(7), task: 0, level: "info" }),
    );
    const { code, out, err } = await following("logs -f", name, async (seen) => {
      await vi.waitFor(() => expect(seen()).toContain(stable(logs)), PATIENCE);
      await ok(`restart ${name} --include-tasks`);
      const more = () => seen().slice(stable(logs).length);
      await vi.waitFor(() => expect(more()).toContain("INFO  [ID-kept|task-0] "), PATIENCE);
    });
    expect({ code, err }).toEqual({ code: 0, err: `${name} has been deleted\n` });
    expect(out.startsWith(logs)).toBe(true);
  });

  // Beside Java's worker only: ours has both.
  test.each(millrace ? [] : ["states"])(
    "where there are no events and no logs, %s are told",
    async () => {
      const name = await started(`${id}-stated`);
      const states = `${name} is RUNNING on WORKER:PORT\n${name} task 0 is RUNNING on WORKER:PORT\n`;
      for (const [command, why] of [
        ["events", /^This worker does not offer events .*\n$/],
        ["logs", /^No worker offers log lines .*\nThis worker does not offer events .*\n$/],
      ] as const) {
        const { code, out, err } = await ctl(`${command} ${name}`);
        expect({ code, out: stable(out) }).toEqual({ code: 0, out: stable(states) });
        expect(err).toMatch(why);
      }
      await ok(`delete ${name}`);
    },
  );

  test("names are completed with those of the cluster", async () => {
    expect(await ok(`__complete -- pause ${id}`)).toContain(`${sink}\n`);
    expect(await ok("__complete -- plugins config ")).toContain("FileStreamSinkConnector\n");
  });
}
