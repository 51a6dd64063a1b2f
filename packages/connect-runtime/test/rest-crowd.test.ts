import { expect, test, vi } from "vitest";
import { send } from "./support/send.ts";
import { startWorker } from "./support/worker-under-test.ts";

// Real sockets and threads, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const SOURCE = { "connector.class": "FileStreamSource", file: "/in.txt", topic: "t" };

test("clients that ask at once are told what is true when they ask", async () => {
  const { url, herder } = await startWorker();
  const expanded = () => send(url, "GET", "/connectors?expand=status&expand=info");
  for (let i = 0; i < 20; i++) {
    const name = `c${i}`;
    await herder.createConnector(name, { ...SOURCE, name }, "STOPPED");
    const answers = await Promise.all(Array.from({ length: 10 }, expanded));
    for (const { body } of answers) {
      expect(Object.keys(body as object)).toHaveLength(i + 1);
      expect(body).toMatchObject({ [name]: { status: { name }, info: { config: { name } } } });
    }
  }
  const [statuses, infos, neither] = await Promise.all(
    ["status", "info", "bogus"].map((what) => send(url, "GET", `/connectors?expand=${what}`)),
  );
  expect(Object.keys((statuses!.body as Record<string, object>)["c0"]!)).toEqual(["status"]);
  expect(Object.keys((infos!.body as Record<string, object>)["c0"]!)).toEqual(["info"]);
  expect((neither!.body as Record<string, object>)["c0"]).toEqual({});
});
