import { reservePorts } from "@millrace/services";
import { asked } from "../play.ts";
import type { Scene } from "./scene.ts";

/** 90 bytes. */
const LINES = Array.from({ length: 20 }, (_, i) => `e-${i}\n`).join("");
const files = (): Record<string, string> => ({ "e.txt": LINES });

/** One worker that has no cluster. */
const STANDALONE: Scene = {
  name: "extras/standalone",
  mode: "standalone",
  properties: () => ({ "offset.flush.interval.ms": 500 }),
  files,
  interludes: {
    topics: ({ connectors }) => connectors.topicSeen("s1"),
    offsets: ({ connectors }) => connectors.offsetReached("s1", 90),
  },
};

/** Sources that deliver exactly once. */
const EOS: Scene = {
  name: "extras/eos",
  properties: () => ({ "exactly.once.source.support": "enabled" }),
  files,
  interludes: {
    offsets: async ({ connectors }) => {
      await connectors.offsetReached("e1", 90);
      await connectors.offsetReached("e2", 90);
    },
    alter: (stage) => asked(stage, "PUT", "/connectors/e1/stop"),
  },
};

/** Variables in configurations, no overrides, no administration, topics made by the worker. */
const PROVIDERS: Scene = {
  name: "extras/providers",
  properties: () => ({
    "admin.listeners": "",
    "config.providers": "file,env,dir",
    "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
    "config.providers.env.class": "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
    "config.providers.dir.class": "org.apache.kafka.common.config.provider.DirectoryConfigProvider",
    "connector.client.config.override.policy": "None",
  }),
  env: { MYENV: "env-topic" },
  files: (folder) => ({ ...files(), "sec.properties": `tp=prov-topic\nf=${folder}/e.txt\n` }),
  interludes: {
    "status-missing-key": ({ connectors }) => connectors.taskFailed("p3"),
    "status-p5": ({ connectors }) => connectors.taskFailed("p5"),
  },
};

const EAGER: Scene = protocol("eager");
const COMPATIBLE: Scene = protocol("compatible");

function protocol(name: string): Scene {
  return {
    name: `extras/protocol-${name}`,
    properties: () => ({ "connect.protocol": name }),
    files,
    interludes: {},
  };
}

/** Pages of another origin, headers of one's own, and administration elsewhere. */
const CORS: Scene = {
  name: "extras/cors",
  properties: async () => ({
    "access.control.allow.origin": "http://a.example",
    "access.control.allow.methods": "GET,POST",
    "response.http.headers.config": "add X-One: 1, set Cache-Control: no-cache",
    "admin.listeners": `http://127.0.0.1:${(await reservePorts(1))[0]}`,
  }),
  interludes: {},
};

/** The same worker's other listener. */
const ADMIN: Scene = {
  ...CORS,
  name: "extras/admin",
  asks: (properties) => String(properties["admin.listeners"]),
};

export const EXTRAS: readonly Scene[] = [
  STANDALONE,
  EOS,
  PROVIDERS,
  EAGER,
  COMPATIBLE,
  CORS,
  ADMIN,
];
