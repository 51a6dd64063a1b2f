import { expect, test } from "vitest";
import { sharedService, type ServiceName } from "./index.ts";

test("a service that nobody knows is refused, and the next one is still served", async () => {
  await expect(sharedService("oracle" as ServiceName)).rejects.toThrow(/No shared oracle/);
  expect(await sharedService("postgres")).toMatch(/^postgres:/);
});
