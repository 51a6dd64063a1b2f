import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { healthUrl } from "../src/entry/health-url.ts";
import { workerKeys } from "../src/entry/connect-env.ts";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const NEEDED = [
  "bootstrap.servers",
  "config.storage.topic",
  "group.id",
  "key.converter",
  "offset.storage.topic",
  "rest.advertised.host.name",
  "status.storage.topic",
  "value.converter",
];

test("the compose file starts workers whose configuration is whole", () => {
  const { services } = parse(read("deploy/compose.yaml"), { merge: true }) as {
    services: Record<string, Service>;
  };
  const workers = Object.entries(services).filter(([name]) => name.startsWith("worker"));
  expect(workers).toHaveLength(2);
  for (const [name, worker] of workers) {
    const env = textsOf(worker.environment);
    expect([...workerKeys(env).keys()]).toEqual(expect.arrayContaining(NEEDED));
    // Other workers reach it under the name that it advertises.
    expect([worker.hostname, env["CONNECT_REST_ADVERTISED_HOST_NAME"]]).toEqual([name, name]);
    expect(healthUrl(env)).toBe("http://127.0.0.1:8083/health");
    expect(worker).toMatchObject({ read_only: true, tmpfs: ["/tmp"], cap_drop: ["ALL"] });
  }
});

interface Service {
  readonly environment: Record<string, unknown>;
  readonly hostname?: string;
}

test("the Kubernetes manifest drains workers, and looks for them where they listen", () => {
  const documents = parseAllDocuments(read("deploy/kubernetes.yaml"));
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  const objects = documents.map((document) => document.toJS() as KubernetesObject);
  const set = objects.find(({ kind }) => kind === "StatefulSet")!;
  const pod = set.spec.template.spec;
  const [container] = pod.containers;
  const keys = workerKeys(textsOf(Object.fromEntries(container.env.map(pairOf))));
  expect([...keys.keys()]).toEqual(expect.arrayContaining(NEEDED));
  const seconds = Number(keys.get("task.shutdown.graceful.timeout.ms")) / 1000;
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(
    seconds + container.lifecycle.preStop.sleep.seconds,
  );
  expect(container.ports).toEqual([{ name: "rest", containerPort: 8083 }]);
  for (const probe of [container.startupProbe, container.readinessProbe]) {
    expect(probe).toMatchObject({ httpGet: { path: "/health", port: "rest" } });
  }
  // The user of the image, by its number.
  expect(read("Dockerfile")).toContain(`USER ${pod.securityContext.runAsUser}:`);
  const services = objects.filter(({ kind }) => kind === "Service");
  expect(services.map(({ metadata }) => metadata.name)).toContain(set.spec.serviceName);
  expect(keys.get("rest.advertised.host.name")).toBe(`$(POD).${set.spec.serviceName}`);
});

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly serviceName: string;
    readonly template: { readonly spec: Pod };
  };
}

interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: { readonly runAsUser: number };
  readonly containers: readonly [Container];
}

interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports: unknown;
  readonly startupProbe: unknown;
  readonly readinessProbe: unknown;
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}

function pairOf({ name, value }: Container["env"][number]): [string, unknown] {
  return [name, value ?? ""];
}

function textsOf(variables: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, String(value)]),
  );
}
