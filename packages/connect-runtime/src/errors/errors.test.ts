import { ConfigError, ConnectError, DataError, RetriableError } from "@millrace/connect-api";
import { describe, expect, it } from "vitest";
import { RemoteError, toErrorData } from "./error-data.ts";
import { reasonOf, traceOf } from "./trace.ts";

describe("traceOf", () => {
  it("has Java's shape: class, tabbed stack, causes", () => {
    const trace = traceOf(new ConnectError("outer", { cause: new DataError("inner") }));
    const lines = trace.split("\n");
    expect(lines[0]).toBe("org.apache.kafka.connect.errors.ConnectException: outer");
    expect(lines[1]).toMatch(/^\tat /);
    expect(trace).toContain(
      "\nCaused by: org.apache.kafka.connect.errors.DataException: inner\n\tat ",
    );
    expect(trace.endsWith("\n")).toBe(true);
  });

  it("begins with why something ended, where what it held could not be closed either", async () => {
    const end = async () => {
      await using _ = {
        [Symbol.asyncDispose]: async () => {
          throw new Error("could not close");
        },
      };
      throw new DataError("why");
    };
    const error: unknown = await end().catch((thrown: unknown) => thrown);
    const trace = traceOf(error);
    expect(trace.split("\n")[0]).toBe("org.apache.kafka.connect.errors.DataException: why");
    expect(trace).toContain("\n\tSuppressed: Error: could not close\n\t\tat ");
    expect(reasonOf(error)).toBeInstanceOf(DataError);
  });

  it("takes anything that can be thrown, and causes that go in circles", () => {
    expect(traceOf("text")).toBe("text\n");
    const error = new Error("self");
    error.cause = error;
    expect(traceOf(error).match(/self/g)).toHaveLength(1);
  });
});

describe("errors between threads", () => {
  it("keep name, class, kind and cause", () => {
    const data = structuredClone(
      toErrorData(new RetriableError("later", { cause: new ConfigError("k", "v", "no") })),
    );
    const error = new RemoteError(data);
    expect(error).toMatchObject({
      name: "RetriableError",
      message: "later",
      retriable: true,
      javaName: "org.apache.kafka.connect.errors.RetriableException",
    });
    expect(error.cause).toMatchObject({ message: "Invalid value v for configuration k: no" });
  });
});
