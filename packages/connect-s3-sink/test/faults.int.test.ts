import { setTimeout as sleep } from "node:timers/promises";
import {
  INT32_SCHEMA,
  type Props,
  SchemaBuilder,
  type SinkRecord,
  Struct,
} from "@millrace/connect-api";
import { type SinkRun, startSink, TestPartition } from "@millrace/connect-testkit";
import { minioOf, sharedMinio, startMinio } from "@millrace/services";
import { describe, expect, test } from "vitest";
import { S3SinkConnector } from "../src/index.ts";
import { Bucket } from "./bucket.ts";
import { FaultProxy } from "./fault-proxy.ts";

const ROW = SchemaBuilder.struct().field("n", INT32_SCHEMA).build();
const JSON_LINES = { "format.class": "io.confluent.connect.s3.format.json.JsonFormat" };
const BYTES = { "format.class": "io.confluent.connect.s3.format.bytearray.ByteArrayFormat" };
const PATIENCE = { timeout: 900_000 };

class Place implements AsyncDisposable {
  readonly bucket: Bucket;
  readonly proxy: FaultProxy;

  private constructor(bucket: Bucket, proxy: FaultProxy) {
    this.bucket = bucket;
    this.proxy = proxy;
  }

  static async make(): Promise<Place> {
    const address = minioOf(await sharedMinio());
    return new Place(await Bucket.create(address), await FaultProxy.before(address.url));
  }

  start(props: Props = {}): Promise<SinkRun> {
    return startSink(S3SinkConnector, {
      ...this.bucket.props,
      "store.url": this.proxy.url,
      topics: "t",
      "flush.size": "3",
      "s3.part.retries": "0",
      ...JSON_LINES,
      ...props,
    });
  }

  /** The numbers of all rows there are, in order. */
  async numbers(): Promise<number[]> {
    const rows = (await this.bucket.jsonLines()) as { n: number }[];
    return rows.map(({ n }) => n).sort((a, b) => a - b);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await this.bucket[Symbol.asyncDispose]();
  }
}

/** Records from one number to before another; the number is the offset, too. */
function rows(from: number, to: number): SinkRecord[] {
  const partition = new TestPartition("t", 0, from);
  return Array.from({ length: to - from }, (_, i) =>
    partition.append({ valueSchema: ROW, value: Struct.of(ROW, [from + i]) }),
  );
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i);

/** Until so many records are in whole objects, as a worker goes on. */
async function durable(run: SinkRun, offset: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    await run.put([]);
    await run.putNothing();
    await run.commit();
    if (run.committed.get({ topic: "t", partition: 0 }) === offset) return;
    if (Date.now() > deadline) {
      throw new Error(`Not durable: ${run.committed.get({ topic: "t", partition: 0 })}`);
    }
    await sleep(5);
  }
}

const WHOLE = { isWhole: true, unfinishedUploads: 0 };

/** Three records of 6 MB, which is one object of four parts; what came of it. */
async function putOfFourParts({ bucket }: Place, run: SinkRun): Promise<typeof WHOLE> {
  const partition = new TestPartition("t");
  const values = [1, 2, 3].map((byte) => Buffer.alloc(6_000_000, byte));
  await run.put(values.map((value) => partition.append({ value })));
  await durable(run, 3);
  const [key] = await bucket.keys();
  const whole = Buffer.concat(values.flatMap((value) => [value, Buffer.from("\n")]));
  return {
    isWhole: (await bucket.read(key!)).equals(whole),
    unfinishedUploads: await bucket.unfinishedUploads(),
  };
}

describe("a store that fails for the moment", () => {
  test.for([
    ["it has enough", { status: 503, code: "SlowDown" }],
    ["it breaks", { status: 500, code: "InternalError" }],
    ["the request is lost", "lost"],
    ["the answer is lost", "answer-lost"],
  ] as const)(
    "%s: records are read again, each ends in one object",
    PATIENCE,
    async ([, fault]) => {
      await using place = await Place.make();
      await using run = await place.start();
      let puts = 0;
      let faults = 8;
      place.proxy.fault = (what) =>
        what.startsWith("PUT") && puts++ % 3 === 1 && faults-- > 0 ? fault : "pass";
      for (let n = 0; n < 30; n += 6) await run.put(rows(n, n + 6));
      await durable(run, 30);
      expect(await place.numbers()).toEqual(upTo(30));
      expect((await place.bucket.keys()).length).toBe(10);
      expect(faults).toBeLessThan(1);
    },
  );

  test(
    "a part fails: its upload is given up, and the object is written anew",
    PATIENCE,
    async () => {
      await using place = await Place.make();
      await using run = await place.start({ ...BYTES, "s3.part.size": "5242880" });
      let failed = 0;
      place.proxy.fault = (what) =>
        what.includes("partNumber=2") && failed++ === 0
          ? { status: 503, code: "SlowDown" }
          : "pass";
      expect(await putOfFourParts(place, run)).toEqual(WHOLE);
      expect(failed).toBeGreaterThan(0);
    },
  );

  test(
    "a connection that breaks amid a part: the part is sent again, or the object written anew",
    PATIENCE,
    async () => {
      for (const retries of ["3", "0"]) {
        await using place = await Place.make();
        await using run = await place.start({
          ...BYTES,
          "s3.part.size": "5242880",
          "s3.part.retries": retries,
        });
        let cuts = 0;
        place.proxy.fault = (what) =>
          what.includes("partNumber=1") && cuts++ === 0 ? { cutAfter: 2_000_000 } : "pass";
        expect(await putOfFourParts(place, run)).toEqual(WHOLE);
        expect(cuts).toBeGreaterThan(0);
      }
    },
  );

  test(
    "a server that takes a request and says nothing is given up, by name of the key",
    PATIENCE,
    async () => {
      await using place = await Place.make();
      await using run = await place.start({ "s3.socket.timeout.ms": "1000" });
      let puts = 0;
      place.proxy.fault = (what) => (what.startsWith("PUT") && puts++ === 0 ? "silent" : "pass");
      await run.put(rows(0, 3));
      await durable(run, 3);
      expect(await place.numbers()).toEqual(upTo(3));
      expect(run.logger.lines.map(({ message }) => message).join("\n")).toContain(
        "raise s3.socket.timeout.ms (1000)",
      );
    },
  );

  test("retries within the client go unnoticed", PATIENCE, async () => {
    await using place = await Place.make();
    await using run = await place.start({ "s3.part.retries": "5" });
    let puts = 0;
    place.proxy.fault = (what) =>
      what.startsWith("PUT") && puts++ < 3 ? { status: 503, code: "SlowDown" } : "pass";
    await run.put(rows(0, 3));
    await run.commit();
    expect([run.committed.get({ topic: "t", partition: 0 }), puts]).toEqual([3, 4]);
    expect(run.logger.lines.filter(({ level }) => level === "warn")).toEqual([]);
  });

  test("a task that is stopped leaves no upload behind", PATIENCE, async () => {
    await using place = await Place.make();
    const run = await place.start({ ...BYTES, "s3.part.size": "5242880", "flush.size": "100" });
    const partition = new TestPartition("t");
    await run.put([1, 2].map((byte) => partition.append({ value: Buffer.alloc(6_000_000, byte) })));
    await run.stop();
    expect([await place.bucket.keys(), await place.bucket.unfinishedUploads()]).toEqual([[], 0]);
  });
});

test("one object that takes long does not hold up the thread", PATIENCE, async () => {
  await using place = await Place.make();
  await using run = await place.start({ "flush.size": "1", "max.uploads": "4" });
  let release = (): void => {};
  const heldUntil = new Promise<void>((resolve) => (release = resolve));
  let puts = 0;
  place.proxy.fault = (what) => (what.startsWith("PUT") && puts++ === 0 ? { heldUntil } : "pass");
  // More than may be on their way: it waits for the others, not for the first.
  await run.put(rows(0, 200));
  release();
  await durable(run, 200);
  expect(await place.numbers()).toEqual(upTo(200));
});

describe("a store that refuses", () => {
  test.for([
    ["AccessDenied", 403, "they need s3:ListBucket, s3:PutObject"],
    ["NoSuchBucket", 404, "create it, or correct s3.bucket.name"],
    ["ExpiredToken", 400, "The credentials have expired"],
    ["RequestTimeTooSkewed", 403, "The clock of this machine is wrong"],
    ["SignatureDoesNotMatch", 403, "correct aws.secret.access.key"],
    ["InvalidAccessKeyId", 403, "correct aws.access.key.id"],
    ["PermanentRedirect", 301, "correct s3.region"],
    ["EntityTooLarge", 400, "lower flush.size"],
  ] as const)("%s fails the task and says what to do", PATIENCE, async ([code, status, remedy]) => {
    await using place = await Place.make();
    const run = await place.start();
    place.proxy.fault = (what) => (what.startsWith("PUT") ? { status, code } : "pass");
    await run.put(rows(0, 3));
    await expect(run.commit()).rejects.toThrow(remedy);
    await run.stop();
  });

  test(
    "a bucket that is not there, a wrong secret: the task does not start",
    PATIENCE,
    async () => {
      await using place = await Place.make();
      await expect(place.start({ "s3.bucket.name": "no-such-bucket-here" })).rejects.toThrow(
        "Looking for the bucket no-such-bucket-here: NotFound. The bucket no-such-bucket-here is not there: create it",
      );
      await expect(place.start({ "aws.secret.access.key": "wrong-secret" })).rejects.toThrow(
        "the secret is wrong",
      );
      await expect(place.start({ "aws.access.key.id": "nobody" })).rejects.toThrow(
        "Looking for the bucket",
      );
    },
  );

  test.for([
    ["ExpiredToken", "The credentials have expired"],
    ["RequestTimeTooSkewed", "The clock of this machine is wrong"],
    ["AuthorizationHeaderMalformed", "correct s3.region"],
  ] as const)("%s at the start, where HEAD gets no reason", PATIENCE, async ([code, remedy]) => {
    await using place = await Place.make();
    place.proxy.fault = () => ({ status: 400, code });
    await expect(place.start()).rejects.toThrow(remedy);
  });

  test("another region than the bucket's", PATIENCE, async () => {
    await using minio = await startMinio({ environment: { MINIO_REGION: "eu-central-1" } });
    await using bucket = await Bucket.create(minio, "eu-central-1");
    const props = { ...bucket.props, topics: "t", "flush.size": "3", ...JSON_LINES };
    const run = await startSink(S3SinkConnector, { ...props, "s3.region": "eu-central-1" });
    await run.stop();
    await expect(
      startSink(S3SinkConnector, { ...props, "s3.region": "us-west-2" }),
    ).rejects.toThrow("The bucket is in another region: correct s3.region");
  });

  test("an endpoint that is not there may be tried again", PATIENCE, async () => {
    await using place = await Place.make();
    await expect(place.start({ "store.url": "http://127.0.0.1:9" })).rejects.toThrow(
      /Looking for the bucket .*ECONNREFUSED.*check the server and store.url/,
    );
  });
});

describe("records that are given again", () => {
  test("after a crash give the same objects, to the byte", PATIENCE, async () => {
    await using place = await Place.make();
    const parquet = { "format.class": "io.confluent.connect.s3.format.parquet.ParquetFormat" };
    const contents = async () =>
      await Promise.all(
        (await place.bucket.keys()).map(async (key) => [
          key,
          (await place.bucket.read(key)).toString("hex"),
        ]),
      );
    const first = await place.start(parquet);
    await first.put(rows(0, 10));
    await first.crash();
    const before = await contents();
    await using second = await place.start(parquet);
    // In other batches than before.
    for (let n = 0; n < 10; n += 2) await second.put(rows(n, n + 2));
    await second.commit();
    expect((await contents()).slice(0, before.length)).toEqual(before);
    expect(second.committed.get({ topic: "t", partition: 0 })).toBe(9);
  });
});

describe("cuts by the clock", () => {
  const BY_IDLENESS = { "rotate.idle.ms": "30", "flush.size": "1000" };

  test("idle files are completed, and then nothing is left to do", PATIENCE, async () => {
    await using place = await Place.make();
    await using run = await place.start(BY_IDLENESS);
    await run.put(rows(0, 5));
    await durable(run, 5);
    expect(await place.numbers()).toEqual(upTo(5));
  });

  test(
    "a run that comes after a crash takes over where the one before has cut",
    PATIENCE,
    async () => {
      await using place = await Place.make();
      const first = await place.start(BY_IDLENESS);
      await first.put(rows(0, 5));
      await durable(first, 5);
      await first.crash();
      // Its offsets were not committed; more records have come, and are read at once.
      await using second = await place.start(BY_IDLENESS);
      await second.put(rows(0, 12));
      await durable(second, 12);
      expect(await place.numbers()).toEqual(upTo(12));
      expect((await place.bucket.keys()).map((key) => Number(key.slice(-15, -5)))).toEqual([0, 5]);
    },
  );

  test("fewer records than were there before: the cut waits for the rest", PATIENCE, async () => {
    await using place = await Place.make();
    const first = await place.start(BY_IDLENESS);
    await first.put(rows(0, 8));
    await durable(first, 8);
    await first.crash();
    await using second = await place.start(BY_IDLENESS);
    await second.put(rows(0, 3));
    await sleep(60);
    await second.putNothing();
    await second.put(rows(3, 9));
    await durable(second, 9);
    expect(await place.numbers()).toEqual(upTo(9));
  });

  test(
    "the answer to the first object is lost: it is recognised as our own",
    PATIENCE,
    async () => {
      await using place = await Place.make();
      await using run = await place.start({ ...BY_IDLENESS, "s3.part.retries": "3" });
      let puts = 0;
      place.proxy.fault = (what) =>
        what.startsWith("PUT") && puts++ === 0 ? "answer-lost" : "pass";
      await run.put(rows(0, 4));
      await durable(run, 4);
      expect(await place.numbers()).toEqual(upTo(4));
      expect(puts).toBe(2);
    },
  );

  test(
    "two tasks at once, the one not knowing that it has lost the partition",
    PATIENCE,
    async () => {
      await using place = await Place.make();
      await using zombie = await place.start(BY_IDLENESS);
      await using heir = await place.start(BY_IDLENESS);
      await zombie.put(rows(0, 7));
      await heir.put(rows(0, 4));
      await durable(zombie, 7);
      await heir.putNothing();
      await heir.put(rows(4, 10));
      await durable(heir, 10);
      expect(await place.numbers()).toEqual(upTo(10));
    },
  );

  test("an object of another maker in the way is not overwritten", PATIENCE, async () => {
    await using place = await Place.make();
    const first = await place.start();
    await first.put(rows(0, 3));
    await first.commit();
    await first.stop();
    const [key] = await place.bucket.keys();
    await place.bucket.write(key!, "foreign\n");
    const second = await place.start(BY_IDLENESS);
    await second.put(rows(0, 2));
    await expect(durable(second, 2)).rejects.toThrow(
      `The object ${key} is there already, and does not say which records it holds`,
    );
    await second.stop();
    expect((await place.bucket.read(key!)).toString()).toBe("foreign\n");
  });

  test(
    "directories beside the first one are completed by whoever comes after",
    PATIENCE,
    async () => {
      await using place = await Place.make();
      const props = {
        ...BY_IDLENESS,
        "partitioner.class": "FieldPartitioner",
        "partition.field.name": "n",
      };
      const first = await place.start(props);
      // All but the first object are lost, then the task is gone.
      place.proxy.fault = (what) =>
        what.startsWith("PUT") && !what.includes("n%3D0/") && !what.includes("n=0/")
          ? "lost"
          : "pass";
      await first.put(rows(0, 4));
      await sleep(60);
      await first.putNothing();
      await expect.poll(() => place.bucket.keys()).toHaveLength(1);
      await first.crash();
      place.proxy.fault = () => "pass";
      await using second = await place.start(props);
      await second.put(rows(0, 9));
      await durable(second, 9);
      expect(await place.numbers()).toEqual(upTo(9));
    },
  );
});
