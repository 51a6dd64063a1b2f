import { expect, test } from "vitest";
import { checkHealth, HTTP_STATUS_OF } from "./health.ts";

const never = () => new Promise<void>(() => undefined);
const STAGE = "The worker is currently reading, which began at 2026-11-20T11:07:35.128Z.";

async function health(probe: () => Promise<void>, ready: boolean, stage?: string) {
  const found = await checkHealth({ probe, isReady: () => ready, stage: () => stage, limitMs: 5 });
  return [HTTP_STATUS_OF[found.status], found.status, found.message];
}

test("a worker that comes round to the probe is healthy", async () => {
  const message = "Worker has completed startup and is ready to handle requests.";
  expect(await health(async () => undefined, true)).toEqual([200, "healthy", message]);
});

test("a worker that never was ready is starting", async () => {
  const message = `Worker is still starting up. ${STAGE}`;
  expect(await health(never, false, STAGE)).toEqual([503, "starting", message]);
  expect(await health(never, false)).toEqual([503, "starting", "Worker is still starting up."]);
});

test("a worker that was ready and does not come round is unhealthy", async () => {
  const message = `Worker was unable to handle this request and may be unable to handle other requests. ${STAGE}`;
  expect(await health(never, true, STAGE)).toEqual([500, "unhealthy", message]);
});

test("a worker whose probe fails is unhealthy", async () => {
  const failing = async () => {
    throw new Error("The herder has stopped");
  };
  expect(await health(failing, true)).toEqual([
    500,
    "unhealthy",
    expect.stringMatching(/unable to handle this request.* The herder has stopped$/),
  ]);
});
