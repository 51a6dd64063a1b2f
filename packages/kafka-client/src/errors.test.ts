import { expect, test } from "vitest";
import { KafkaError, ProducerFenced, answerOf, isRetriable, protocolError } from "./errors.ts";
import { ResponseError } from "./protocol.ts";

test("a broker's error says what was attempted, on what, where, and what helps", () => {
  const error = protocolError(29, "write to", { topic: "t", partition: 2, broker: "h:1" });
  expect(error.message).toBe(
    "Could not write to t-2 at h:1: TOPIC_AUTHORIZATION_FAILED (Topic authorization failed); " +
      "give the client's principal access to the topic",
  );
  expect(error).toMatchObject({ retriable: false, topic: "t", partition: 2, broker: "h:1" });
});

test("the protocol tells which errors are worth another attempt", () => {
  expect(isRetriable(protocolError(6, "x"))).toBe(true);
  expect(isRetriable(protocolError(87, "x"))).toBe(false);
  expect(isRetriable(new KafkaError("DISCONNECTED", "x"))).toBe(true);
  expect(isRetriable(new KafkaError("CLOSED", "x"))).toBe(false);
  expect(isRetriable(new Error("x"))).toBe(false);
});

test("fencing is a kind of its own, and fatal", () => {
  expect(protocolError(90, "x")).toBeInstanceOf(ProducerFenced);
  expect(protocolError(90, "x").fatal).toBe(true);
});

test("codes we do not know yet are named by number", () => {
  expect(protocolError(9999, "x").code).toBe("UNKNOWN_ERROR_CODE_9999");
});

test("an error of a part of an answer is data, one of the whole answer is an error", () => {
  const part = new ResponseError(3, 12, { "/topics/0": [3, null] }, { part: true });
  expect(answerOf(part, "x", {})).toEqual({ answer: { part: true }, error: undefined });
  const whole = new ResponseError(12, 4, { "/": [27, null] }, { errorCode: 27 });
  const { answer, error } = answerOf(whole, "x", {});
  expect(answer).toEqual({ errorCode: 27 });
  expect(error?.code).toBe("REBALANCE_IN_PROGRESS");
  expect(() => answerOf(new RangeError("out of bounds"), "x", {})).toThrow(/can't be read/);
});
