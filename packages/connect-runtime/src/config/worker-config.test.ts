import { describe, expect, test } from "vitest";
import { parseStandaloneConfig } from "./worker-config.ts";

const REQUIRED = {
  "bootstrap.servers": "a:9092, b:9092",
  "key.converter": "org.apache.kafka.connect.json.JsonConverter",
  "value.converter": "org.apache.kafka.connect.json.JsonConverter",
  "offset.storage.file.filename": "/tmp/offsets",
};

describe("the worker's configuration", () => {
  test("is typed, with Java's defaults", () => {
    const config = parseStandaloneConfig(REQUIRED);
    expect(config["bootstrap.servers"]).toEqual(["a:9092", "b:9092"]);
    expect(config["offset.flush.interval.ms"]).toBe(60_000);
    expect(config.listeners).toEqual(["http://:8083"]);
    expect(config["plugin.path"]).toBeNull();
  });

  test.each(Object.keys(REQUIRED))("needs %s", (key) => {
    expect(() => parseStandaloneConfig({ ...REQUIRED, [key]: undefined! })).toThrow(
      `Missing required configuration "${key}" which has no default value.`,
    );
  });

  test.each(["http://localhost:8083", "http://:8083", "https://[::1]:0", "HTTP://h:1/"])(
    "listens on %s",
    (listener) => {
      expect(parseStandaloneConfig({ ...REQUIRED, listeners: listener }).listeners).toEqual([
        listener,
      ]);
    },
  );

  test.each(["localhost:8083", "ftp://h:1", "http://h", "http://h:123456", "http://a/b:1", ""])(
    "refuses to listen on %j",
    (listener) => {
      expect(() => parseStandaloneConfig({ ...REQUIRED, listeners: listener })).toThrow(
        "listeners",
      );
    },
  );
});
