import { describe, expect, test } from "vitest";
import type { PluginLocation } from "./location.ts";
import { CONNECTOR_KINDS, PluginNotFoundError, PluginRegistry } from "./registry.ts";

function plugin(
  fields: Partial<PluginLocation> & Pick<PluginLocation, "class" | "kind">,
): PluginLocation {
  return {
    aliases: [],
    version: "1.0.0",
    package: "@acme/connect",
    packageVersion: "1.0.0",
    directory: "/plugins/connect",
    module: "file:///plugins/connect/dist/index.js",
    export: "Plugin",
    ...fields,
  };
}

function missOf(find: () => unknown): PluginNotFoundError {
  try {
    find();
  } catch (error) {
    if (error instanceof PluginNotFoundError) return error;
    throw error;
  }
  throw new Error("it was found");
}

describe("the plugin registry", () => {
  const sink = plugin({
    kind: "sink",
    class: "org.acme.FooSinkConnector",
    aliases: ["org.acme.OldFooSinkConnector"],
  });

  test.each([
    "org.acme.FooSinkConnector",
    "org.acme.OldFooSinkConnector",
    "FooSinkConnector",
    "FooSink",
  ])("finds a connector as %s", (name) => {
    expect(new PluginRegistry([sink]).find(CONNECTOR_KINDS, name)).toBe(sink);
  });

  test("looks only among the kinds asked for", () => {
    const registry = new PluginRegistry([sink]);
    expect(missOf(() => registry.find("converter", "FooSinkConnector")).miss).toBe("unknown");
    expect(missOf(() => registry.find("sink", "Foo")).miss).toBe("unknown");
  });

  test("nested classes have no simple name", () => {
    const hoist = plugin({ kind: "transformation", class: "org.acme.HoistField$Value" });
    const registry = new PluginRegistry([hoist]);
    expect(registry.find("transformation", "org.acme.HoistField$Value")).toBe(hoist);
    for (const name of ["HoistField", "HoistField$Value", "Value"]) {
      expect(missOf(() => registry.find("transformation", name)).miss).toBe("unknown");
    }
  });

  test("refuses a simple name that two classes share, naming both packages", () => {
    const other = plugin({
      kind: "sink",
      class: "com.other.FooSinkConnector",
      package: "other-connect",
    });
    const registry = new PluginRegistry([sink, other]);
    const miss = missOf(() => registry.find("sink", "FooSink"));
    expect(miss.miss).toBe("ambiguous");
    expect(miss.message).toContain("@acme/connect");
    expect(miss.message).toContain("other-connect");
    expect(registry.find("sink", "com.other.FooSinkConnector")).toBe(other);
  });

  test("offers a class that two packages claim to nobody", () => {
    const copy = plugin({ kind: "sink", class: sink.class, package: "copycat" });
    const registry = new PluginRegistry([sink, copy]);
    expect(missOf(() => registry.find("sink", sink.class)).message).toMatch(/@acme.*copycat/);
    expect(registry.list("sink")).toEqual([]);
    expect(registry.has("sink", sink.class)).toBe(false);
  });

  test("takes the newest version that this worker can load", () => {
    const next = { ...sink, version: "2.0.0", unusable: "it is made for another worker" };
    const registry = new PluginRegistry([next, sink]);
    expect(registry.find("sink", "FooSink")).toBe(sink);
    expect(registry.versions("sink", "FooSink")).toEqual(["1.0.0"]);
    expect(registry.list("sink")).toEqual([sink]);
    const only = new PluginRegistry([next]);
    expect(only.find("sink", "FooSink")).toBe(next);
    expect(only.list("sink")).toEqual([]);
  });

  test("of equal versions takes that of the newer package", () => {
    const newer = { ...sink, packageVersion: "1.0.1" };
    expect(new PluginRegistry([sink, newer]).find("sink", "FooSink")).toBe(newer);
    expect(new PluginRegistry([newer, sink]).find("sink", "FooSink")).toBe(newer);
  });

  test("takes the newest version, or the newest in the range", () => {
    const versions = ["1.9.0", "1.10.0", "2.0.0"].map((version) => ({ ...sink, version }));
    const registry = new PluginRegistry(versions);
    expect(registry.find("sink", "FooSink").version).toBe("2.0.0");
    expect(registry.find("sink", "FooSink", "latest").version).toBe("2.0.0");
    expect(registry.find("sink", "FooSink", "[1,2)").version).toBe("1.10.0");
    expect(registry.versions("sink", "FooSink")).toEqual(["1.9.0", "1.10.0", "2.0.0"]);
    expect(registry.list("sink").map((l) => l.version)).toEqual(["1.9.0", "1.10.0", "2.0.0"]);
    const miss = missOf(() => registry.find("sink", "FooSink", "9.9.9"));
    expect(miss.miss).toBe("version");
    expect(miss.message).toBe(
      "Plugin org.acme.FooSinkConnector not found that matches the version range [9.9.9,9.9.9], available versions: [1.9.0, 1.10.0, 2.0.0]",
    );
  });
});
