import { API, operations } from "./api.ts";
import { MILLRACE_SCHEMAS } from "./millrace-schemas.ts";
import { type Answer, answer, type JsonSchema, type Operation, ref } from "./operation.ts";
import { JAVA_SCHEMAS } from "./schemas.ts";

/** The REST API as OpenAPI 3.1 tells of it. */
export interface OpenApi {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

const PARAMETERS: Readonly<Record<string, string>> = {
  name: "The name of a connector.",
  task: "The number of a task.",
  plugin: "The class of a plugin, or its simple name.",
  logger: "The name of a logger, or `root`.",
};

/** Made anew where it is asked for: nobody asks often. */
export function openApi(): OpenApi {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const { path, method, operation } of operations(API)) {
    const template = path.replaceAll(/:(\w+)/g, "{$1}");
    (paths[template] ??= {})[method.toLowerCase()] = describe(path, operation);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Millrace, Kafka Connect for Node",
      version: "1",
      description:
        "The REST API of Kafka Connect 4.3.1, and under `/millrace` what that does not have.",
    },
    paths,
    components: { schemas: { ...JAVA_SCHEMAS, ...MILLRACE_SCHEMAS } },
  };
}

function describe(path: string, operation: Operation): JsonSchema {
  const { summary, description, query = {}, headers = {}, body, answers } = operation;
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    description: PARAMETERS[name!],
    schema: name === "task" ? { type: "integer", minimum: 0 } : { type: "string" },
  }));
  const others = [["query", query] as const, ["header", headers] as const].flatMap(
    ([where, parameters]) =>
      Object.entries(parameters).map(([name, parameter]) => ({ name, in: where, ...parameter })),
  );
  const parameters = [...inPath, ...others];
  return {
    tags: [tagOf(path)],
    summary,
    ...(description !== undefined && { description }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        description: body.description,
        required: true,
        content: { "application/json": { schema: body.schema } },
      },
    }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([code, one]) => [code, response(one)])),
      default: response(answer("What went wrong.", ref("Error"))),
    },
  };
}

function response({ description, content }: Answer): JsonSchema {
  return {
    description,
    ...(content && {
      content: Object.fromEntries(
        Object.entries(content).map(([type, schema]) => [type, { schema }]),
      ),
    }),
  };
}

function tagOf(path: string): string {
  const [, first = ""] = path.split("/");
  return first === "" || first === "health" ? "worker" : first;
}
