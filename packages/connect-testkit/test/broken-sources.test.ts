import { setTimeout as sleep } from "node:timers/promises";
import {
  type ConfigDef,
  ConnectError,
  type Props,
  type SourceConnector,
  type SourceRecord,
  type SourceTask,
} from "@millrace/connect-api";
import { afterEach, expect, test } from "vitest";
import { sourceChecks } from "../src/conformance/source-checks.ts";
import { shelfSource } from "./drivers.ts";
import { ShelfSource, ShelfSourceTask, SOURCE_CONFIG } from "./fixture/src/index.ts";

// Each connector here breaks one requirement; its check must fail and say what is wrong.

const OPTIONS = { waitMs: 200, memoryRecords: 5_000 };

function withTask(taskClass: new () => SourceTask): new () => SourceConnector {
  return class extends ShelfSource {
    override taskClass(): new () => SourceTask {
      return taskClass;
    }
  };
}

function check(connectorClass: new () => SourceConnector, name: string): Promise<void> {
  const found = sourceChecks(shelfSource, async () => connectorClass, OPTIONS).find(
    (candidate) => candidate.name === name,
  );
  if (found === undefined) throw new Error(`no check is named ${name}`);
  return found.run();
}

const timers: NodeJS.Timeout[] = [];
afterEach(() => {
  for (const timer of timers.splice(0)) clearInterval(timer);
});

test("a poll that does not listen to its signal is caught", async () => {
  class Deaf extends ShelfSourceTask {
    override async poll(): Promise<SourceRecord[] | null> {
      await sleep(1_500);
      return null;
    }
  }
  await expect(
    check(withTask(Deaf), "a blocked poll returns within a second after abort"),
  ).rejects.toThrow("in vain for poll to return after abort");
});

test("a source that keeps what it has read is caught", async () => {
  const kept: Buffer[] = [];
  class Hoarding extends ShelfSourceTask {
    override record(value: string): SourceRecord {
      kept.push(Buffer.alloc(10_000));
      return super.record(value);
    }
  }
  await expect(check(withTask(Hoarding), "memory stays flat over 5000 records")).rejects.toThrow(
    /after 5000 records \d+\.\d MB more are held/,
  );
});

test("a poll that answers the abort with an error is caught", async () => {
  class Rejecting extends ShelfSourceTask {
    override async poll(signal: AbortSignal): Promise<SourceRecord[] | null> {
      await sleep(10_000, undefined, { signal });
      return null;
    }
  }
  await expect(
    check(withTask(Rejecting), "a blocked poll returns within a second after abort"),
  ).rejects.toThrow("aborted");
});

test("records made of nothing are caught", async () => {
  class Idle extends ShelfSourceTask {
    override record(value: string): SourceRecord {
      return super.record(value).newRecord({ topic: "" });
    }
  }
  await expect(check(withTask(Idle), "records carry topic, partition and offset")).rejects.toThrow(
    "a record must have a topic",
  );
});

test("an offset that is one too far is caught", async () => {
  class Skipping extends ShelfSourceTask {
    override async start(props: Props): Promise<void> {
      await super.start(props);
      if (this.position > 0) this.position = Math.min(this.position + 1, this.shelf.length);
    }
  }
  await expect(check(withTask(Skipping), "resumes from each offset without loss")).rejects.toThrow(
    "1 of 6 records are lost when 1 were committed (I2)",
  );
});

test("an offset that is ahead of its records is caught", async () => {
  class Hasty extends ShelfSourceTask {
    override async start(props: Props): Promise<void> {
      await super.start(props);
      const stored = await this.context.offsetStorageReader.offset(this.partition);
      if (stored !== null) this.position = this.shelf.length;
    }
  }
  await expect(check(withTask(Hasty), "resumes from each offset without loss")).rejects.toThrow(
    "5 of 6 records are lost when 1 were committed (I2)",
  );
});

test("a timer left behind is caught", async () => {
  class Ticking extends ShelfSourceTask {
    override async start(props: Props): Promise<void> {
      await super.start(props);
      timers.push(setInterval(() => undefined, 1_000));
    }
  }
  await expect(check(withTask(Ticking), "leaves nothing open after stop")).rejects.toThrow(
    "1 × Timeout",
  );
});

const SECRETS = "shows no secret in log, error or validation";

test("a password in the log is caught, without printing it", async () => {
  class Chatty extends ShelfSourceTask {
    override async start(props: Props): Promise<void> {
      this.context.logger.debug("starting", { config: { nested: props } });
      await super.start(props);
    }
  }
  const failed: unknown = await check(withTask(Chatty), SECRETS).catch((error: unknown) => error);
  expect(String(failed)).toContain("a secret shows in the log");
  expect(String(failed)).not.toContain("open sesame");
});

test("a wrong password in the error that refuses it is caught", async () => {
  class Leaky extends ShelfSourceTask {
    override async start(props: Props): Promise<void> {
      await super.start(props).catch((cause: unknown) => {
        throw new ConnectError("refused", { cause: Object.assign(cause as Error, { props }) });
      });
    }
  }
  await expect(check(withTask(Leaky), SECRETS)).rejects.toThrow("a secret shows in an error");
});

test("a password in a validation error is caught", async () => {
  class Telltale extends ShelfSource {
    override config(): ConfigDef {
      return {
        ...SOURCE_CONFIG,
        password: {
          ...SOURCE_CONFIG.password,
          type: "STRING",
          check: (value) => `not ${String(value)}`,
        },
        other: { type: "PASSWORD", default: null, importance: "LOW", doc: "Another one." },
      };
    }
  }
  const place = await shelfSource.open();
  const driver = { ...shelfSource, open: async () => ({ ...place, secrets: ["open sesame"] }) };
  const found = sourceChecks(driver, async () => Telltale).find(({ name }) => name === SECRETS);
  await expect(found?.run()).rejects.toThrow("a secret shows in the validation of password");
});
