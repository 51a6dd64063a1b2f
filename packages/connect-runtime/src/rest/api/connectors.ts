import { answer, error, flag, type Operations, ref } from "./operation.ts";
import { list } from "./schemas.ts";

const NO_CONNECTOR = error("There is no such connector.");
const config = { description: "The whole configuration.", schema: ref("Config") };
const info = (description: string) => answer(description, ref("ConnectorInfo"));
const message = answer("What became of it, for people.", ref("Message"));

const SIGNATURE = {
  "X-Connect-Authorization": {
    description: "The body's MAC, in Base64 (KIP-507).",
    schema: { type: "string" },
  },
  "X-Connect-Request-Signature-Algorithm": {
    description: "In Java's names, as `HmacSHA256`.",
    schema: { type: "string" },
  },
};

/** Connectors and their tasks, as in Kafka Connect (Java: `ConnectorsResource`). */
export const CONNECTOR_OPERATIONS = {
  "/connectors": {
    GET: {
      summary: "List connectors",
      query: {
        expand: {
          description: "With their statuses, their configurations, or both.",
          schema: { type: "array", items: { type: "string", enum: ["status", "info"] } },
        },
      },
      answers: {
        200: answer("Names, or what was asked for by name.", {
          anyOf: [
            list({ type: "string" }),
            {
              type: "object",
              additionalProperties: {
                type: "object",
                properties: { status: ref("ConnectorState"), info: ref("ConnectorInfo") },
                additionalProperties: false,
              },
            },
          ],
        }),
      },
    },
    POST: {
      summary: "Create a connector",
      body: { description: "Its name and configuration.", schema: ref("CreateConnector") },
      answers: {
        201: info("It is made. `Location` tells where it is; its tasks come later."),
        400: error("The configuration is not valid. The message lists what is wrong."),
        409: error("There is one of this name, or the cluster is rebalancing."),
      },
    },
  },
  "/connectors/:name": {
    GET: {
      summary: "Show a connector",
      answers: { 200: info("The connector."), 404: NO_CONNECTOR },
    },
    DELETE: {
      summary: "Delete a connector",
      description: "Its offsets, and a sink's consumer group, stay.",
      answers: { 204: { description: "It is deleted." }, 404: NO_CONNECTOR },
    },
  },
  "/connectors/:name/config": {
    GET: {
      summary: "Show a connector's configuration",
      answers: { 200: answer("The configuration.", ref("Props")), 404: NO_CONNECTOR },
    },
    PUT: {
      summary: "Create a connector, or change its configuration",
      body: config,
      answers: {
        200: info("It is changed."),
        201: info("It is made."),
        400: error("The configuration is not valid. The message lists what is wrong."),
      },
    },
    PATCH: {
      summary: "Change single keys of a connector's configuration",
      body: {
        description: "The keys to change; null takes a key away (KIP-477).",
        schema: ref("Config"),
      },
      answers: {
        200: info("It is changed."),
        400: error("The result is not valid. The message lists what is wrong."),
        404: NO_CONNECTOR,
      },
    },
  },
  "/connectors/:name/status": {
    GET: {
      summary: "Show the state of a connector and its tasks",
      answers: {
        200: answer("The states that were reported last.", ref("ConnectorState")),
        404: error("Nothing is known of such a connector, or not yet."),
      },
    },
  },
  "/connectors/:name/tasks": {
    GET: {
      summary: "Show the tasks of a connector and their configurations",
      answers: { 200: answer("The tasks.", list(ref("TaskInfo"))), 404: NO_CONNECTOR },
    },
    POST: {
      summary: "Set the task configurations of a connector",
      description: "Internal: what the worker that runs a connector asks the leader.",
      headers: SIGNATURE,
      body: { description: "A configuration for each task.", schema: list(ref("Props")) },
      answers: {
        204: { description: "They are set." },
        400: error("The request is not signed."),
        403: error("The signature is wrong."),
      },
    },
  },
  "/connectors/:name/fence": {
    PUT: {
      summary: "Fence off older tasks of an exactly-once source",
      description: "Internal: what a worker asks the leader before it starts such a task.",
      headers: SIGNATURE,
      answers: {
        204: { description: "No older task can write any more." },
        400: error("The request is not signed."),
        403: error("The signature is wrong."),
      },
    },
  },
  "/connectors/:name/tasks/:task/status": {
    GET: {
      summary: "Show the state of a task",
      answers: {
        200: answer("The state that was reported last.", ref("TaskState")),
        404: error("There is no such task, or nothing is known of it yet."),
      },
    },
  },
  "/connectors/:name/tasks/:task/restart": {
    POST: {
      summary: "Restart a task",
      answers: {
        204: { description: "It is being restarted." },
        404: error("There is no such connector or task."),
      },
    },
  },
  "/connectors/:name/restart": {
    POST: {
      summary: "Restart a connector, its tasks, or both",
      query: {
        includeTasks: flag("The tasks too."),
        onlyFailed: flag("Only what has failed."),
      },
      answers: {
        202: answer("What is about to be restarted is RESTARTING.", ref("ConnectorState")),
        204: { description: "Without either flag: the connector, not its tasks, has started." },
        404: NO_CONNECTOR,
      },
    },
  },
  "/connectors/:name/pause": {
    PUT: {
      summary: "Pause a connector and its tasks",
      answers: { 202: { description: "It will be paused." }, 404: NO_CONNECTOR },
    },
  },
  "/connectors/:name/resume": {
    PUT: {
      summary: "Let a connector go on that was paused or stopped",
      answers: { 202: { description: "It will go on." }, 404: NO_CONNECTOR },
    },
  },
  "/connectors/:name/stop": {
    PUT: {
      summary: "Stop a connector and forget its tasks",
      description: "Its offsets can be changed then.",
      answers: { 204: { description: "It will be stopped." }, 404: NO_CONNECTOR },
    },
  },
  "/connectors/:name/topics": {
    GET: {
      summary: "Show the topics that a connector has used",
      answers: {
        200: answer("By the name of the connector.", {
          type: "object",
          additionalProperties: {
            type: "object",
            properties: { topics: list({ type: "string" }) },
            required: ["topics"],
            additionalProperties: false,
          },
        }),
        403: error("`topic.tracking.enable` is false."),
      },
    },
  },
  "/connectors/:name/topics/reset": {
    PUT: {
      summary: "Forget the topics that a connector has used",
      answers: {
        202: { description: "They are forgotten." },
        403: error("`topic.tracking.enable` or `topic.tracking.allow.reset` is false."),
      },
    },
  },
  "/connectors/:name/offsets": {
    GET: {
      summary: "Show the offsets of a connector",
      answers: { 200: answer("By partition.", ref("Offsets")), 404: NO_CONNECTOR },
    },
    PATCH: {
      summary: "Change offsets of a stopped connector",
      body: {
        description: "The partitions to change; an offset of null resets one.",
        schema: ref("Offsets"),
      },
      answers: {
        200: message,
        400: error("The connector is not stopped, or these are no offsets."),
        404: NO_CONNECTOR,
        500: error("The connector refuses them, or tasks of it still run. Nothing is changed."),
      },
    },
    DELETE: {
      summary: "Reset the offsets of a stopped connector",
      answers: {
        200: message,
        400: error("The connector is not stopped."),
        404: NO_CONNECTOR,
        500: error("The connector refuses it, or tasks of it still run. Nothing is changed."),
      },
    },
  },
} as const satisfies Operations;
