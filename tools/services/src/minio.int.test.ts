import { expect, test } from "vitest";
import { minioOf, sharedMinio } from "./index.ts";

// The first time it is built.
test(
  "the shared S3 server answers, and lets nobody in without keys",
  { timeout: 900_000 },
  async () => {
    const { url, accessKey, secretKey } = minioOf(await sharedMinio());
    expect([accessKey, secretKey]).not.toContain("");
    const response = await fetch(`${url}/some-bucket`);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("AccessDenied");
  },
);
