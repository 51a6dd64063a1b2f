import { describe, expect, test } from "vitest";
import { Password } from "./config/password.ts";
import {
  AlreadyExistsError,
  ConfigError,
  ConnectError,
  DataError,
  IllegalWorkerStateError,
  isConnectError,
  isRetriable,
  NotFoundError,
  RetriableError,
  SchemaBuilderError,
  SchemaProjectorError,
} from "./errors.ts";

test.for([
  [new ConnectError("x"), "errors.ConnectException"],
  [new RetriableError("x"), "errors.RetriableException"],
  [new DataError("x"), "errors.DataException"],
  [new SchemaBuilderError("x"), "errors.SchemaBuilderException"],
  [new SchemaProjectorError("x"), "errors.SchemaProjectorException"],
  [new IllegalWorkerStateError("x"), "errors.IllegalWorkerStateException"],
  [new NotFoundError("x"), "errors.NotFoundException"],
  [new AlreadyExistsError("x"), "errors.AlreadyExistsException"],
] as const)("%s goes by its Java name", ([error, javaName]) => {
  expect(error.javaName).toBe(`org.apache.kafka.connect.${javaName}`);
  expect(error.name).toBe(error.constructor.name);
  expect(error.message).toBe("x");
});

describe("an error", () => {
  test("may stand for a more specific one, and keeps its cause", () => {
    const cause = new Error("why");
    const error = new DataError("x", { javaName: "com.example.Odd", cause });
    expect(error.javaName).toBe("com.example.Odd");
    expect(error.cause).toBe(cause);
    expect("cause" in new DataError("x")).toBe(false);
  });

  test("is known whichever copy of the package made it", () => {
    const foreign = { [Symbol.for("millrace.connect.error")]: true, retriable: true };
    expect([isConnectError(foreign), isRetriable(foreign)]).toEqual([true, true]);
    expect([isConnectError(new Error("x")), isRetriable(new Error("x"))]).toEqual([false, false]);
  });

  test("is retriable when it says so", () => {
    expect(isRetriable(new RetriableError("x"))).toBe(true);
    expect(isRetriable(new DataError("x"))).toBe(false);
    expect(isRetriable(null)).toBe(false);
  });
});

describe("a configuration error", () => {
  test("names key, value and what is wrong, as Java does", () => {
    const error = new ConfigError("tasks.max", "abc", "Not a number of type INT");
    expect(error.message).toBe(
      "Invalid value abc for configuration tasks.max: Not a number of type INT",
    );
    expect([error.key, error.value]).toEqual(["tasks.max", "abc"]);
    expect(error.javaName).toBe("org.apache.kafka.common.config.ConfigException");
    expect(new ConfigError("a", null).message).toBe("Invalid value null for configuration a");
  });

  test("may be just a message", () => {
    const error = new ConfigError("Something is wrong");
    expect([error.message, error.key]).toEqual(["Something is wrong", undefined]);
  });

  test("never prints a secret", () => {
    const error = new ConfigError("password", new Password("hunter2"), "Too weak");
    expect(error.message).toBe("Invalid value [hidden] for configuration password: Too weak");
  });
});
