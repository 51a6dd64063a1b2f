import type { Logger } from "@millrace/connect-api";
import { expect, it } from "vitest";
import { exactlyOnceProducerProps } from "./exactly-once-props.ts";

const SPEC = { transactionalId: "g-c-0", offsetsTopic: "offsets", generation: 1 };
const SERVERS = { "bootstrap.servers": "b:1" };

function propsOf(props: Record<string, string>) {
  const warnings: string[] = [];
  const noop = () => {};
  const warn = (message: string) => void warnings.push(message);
  const logger: Logger = { trace: noop, debug: noop, info: noop, warn, error: noop };
  return {
    props: exactlyOnceProducerProps({ ...SERVERS, ...props }, SPEC, "b:1", logger),
    warnings,
  };
}

it("what exactly-once delivery needs is set, whatever was given, with a warning", () => {
  const needed = { acks: "all", "enable.idempotence": "true", "transactional.id": "g-c-0" };
  expect(propsOf({ acks: "-1", "linger.ms": "5" })).toEqual({
    props: { ...SERVERS, ...needed, "linger.ms": "5" },
    warnings: [],
  });
  const { props, warnings } = propsOf({ acks: "1", "transactional.id": "mine" });
  expect(props).toEqual({ ...SERVERS, ...needed });
  expect(warnings).toEqual([
    expect.stringContaining("acks=all: 1"),
    expect.stringContaining("transactional.id=g-c-0: mine"),
  ]);
});

it("records in another cluster than the offsets are refused", () => {
  expect(() => propsOf({ "bootstrap.servers": "elsewhere:1" })).toThrow(
    /producer\.override\.bootstrap\.servers \(elsewhere:1\)/,
  );
});
