import { afterEach, expect, test, vi } from "vitest";
import { obtain } from "./obtain.ts";

afterEach(() => vi.unstubAllEnvs());

test("an address from the environment is used as it is, and left alone", async () => {
  vi.stubEnv("KAFKA_BOOTSTRAP_SERVERS", "kafka.example:9092");
  const kafka = await obtain("kafka");
  expect(kafka).toMatchObject({ address: "kafka.example:9092", origin: "environment" });
  await kafka.close();
});
