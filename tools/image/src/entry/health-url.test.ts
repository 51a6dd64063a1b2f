import { expect, test } from "vitest";
import { healthUrl } from "./health-url.ts";

test.each([
  [undefined, "http://127.0.0.1:8083/health"],
  ["http://0.0.0.0:8090", "http://127.0.0.1:8090/health"],
  ["https://:8443, http://[::]:8084", "http://127.0.0.1:8084/health"],
  ["HTTP://10.0.0.7:1", "http://10.0.0.7:1/health"],
])("of listeners %s is %s", (listeners, url) => {
  expect(healthUrl({ CONNECT_LISTENERS: listeners })).toBe(url);
});

test("with https only has to be given", () => {
  const env = { CONNECT_LISTENERS: "https://:8443" };
  expect(() => healthUrl(env)).toThrow("HEALTH_URL");
  expect(healthUrl({ ...env, HEALTH_URL: "https://me:8443/health" })).toBe(
    "https://me:8443/health",
  );
});
