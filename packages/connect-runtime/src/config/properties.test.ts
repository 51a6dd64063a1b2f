import { expect, test } from "vitest";
import { readPropertiesFile, withoutPrefix } from "./properties.ts";

test("a file that cannot be read is named", async () => {
  await expect(readPropertiesFile("/nowhere/w.properties")).rejects.toThrow(
    /Cannot read the properties file \/nowhere\/w\.properties/,
  );
});

test("keys are taken by prefix", () => {
  expect(withoutPrefix({ "a.b": "1", "a.": "2", a: "3", ab: "4" }, "a.")).toEqual({ b: "1" });
});
