import { answer, error, flag, type Operations, ref } from "./operation.ts";
import { list, object } from "./schemas.ts";

const DRY_RUN = `Nothing is made or changed: no connector, no offset, no record. What runs of the plugin:

- **validation**: \`validate\`, as always. Besides what it says, the answer names keys that nobody knows with the key that may be meant, and how the configuration differs from that of the connector of this name, if there is one.
- **plan**: \`start\`, \`taskConfigs\` and \`stop\` of a connector of its own. What a plugin does in \`start\` it does here too; most look at the other system, none of ours changes it.
- **connection**: \`testConnection\` of plugins that have it.
- **records** of a sink: the first or last ones of its topics are read without a group, and taken through converters and transformations. The task is not made, \`put\` is not called. Of a source: after the plan, one task is started, polled until it gives some records, and stopped; they are taken through transformations and converters. They are not produced, no offset is written, \`commit\` and \`commitRecord\` are not called. It begins where the connector of this name would go on, and is left out while that is not stopped.

Each step has a thread of its own, which is ended after \`timeout_ms\` whatever the plugin does; a step that is cut off has failed, the others go on. Passwords are hidden, and long texts are cut after 1000 characters. Whoever may do this may see records of every topic that the worker may read.`;

const FOLLOW = flag("As a stream of server-sent events.");
const STREAM = { type: "string" };
const LAST_EVENT_ID = {
  "Last-Event-ID": {
    description: "The id of the last event that the client has seen of this stream.",
    schema: { type: "string" },
  },
};
const EVENTS = {
  description: "The events, the oldest first.",
  content: {
    "application/json": object({ events: list(ref("Event")) }),
    "text/event-stream": STREAM,
  },
};
const TOO_MANY = error("A hundred clients follow this worker already.");

/** What Kafka Connect does not have. */
export const MILLRACE_OPERATIONS = {
  "/millrace/health": {
    GET: {
      summary: "Conclude how all connectors do",
      description: "Those without a status, made a moment ago, are left out.",
      answers: {
        200: answer("The conclusions.", object({ connectors: list(ref("ConnectorHealth")) })),
      },
    },
  },
  "/millrace/connectors/:name/health": {
    GET: {
      summary: "Conclude how a connector does as a whole",
      description:
        "`failed`: the connector or all of its tasks have failed. `stale`: a state is of a worker that has left the cluster without a word, and not true any more. `degraded`: some tasks have failed, or something is not assigned, is restarting, or has said nothing yet. `paused` and `stopped`: as somebody wanted it. `healthy`: all of it runs. `reason` says which part it is and why, `since` since when, `last_error` what failed last since this worker has started, `restarts` how often something was started again by itself.",
      answers: {
        200: answer("The conclusion.", ref("ConnectorHealth")),
        404: error("Nothing is known of such a connector, or not yet."),
      },
    },
  },
  "/millrace/connectors/:name/events": {
    GET: {
      summary: "Show what happened to a connector, or follow it",
      description: `As \`GET /millrace/events\`, of one connector.`,
      query: { follow: FOLLOW },
      headers: LAST_EVENT_ID,
      answers: { 200: EVENTS, 404: error("There is no such connector."), 503: TOO_MANY },
    },
  },
  "/millrace/connectors/:name/logs": {
    GET: {
      summary: "Show what a connector has logged lately, or follow it",
      description:
        "What this worker has logged of the connector and those of its tasks that run here, at the levels that are set: at most 500 lines, and 8 million characters of all connectors together. Each worker knows only its own lines: ask those that the status names. A stream begins with what is kept.",
      query: { follow: FOLLOW },
      headers: LAST_EVENT_ID,
      answers: {
        200: {
          description: "The lines, the oldest first.",
          content: {
            "application/json": object({ lines: list(ref("LogLine")) }),
            "text/event-stream": STREAM,
          },
        },
        404: error("There is no such connector."),
        503: TOO_MANY,
      },
    },
  },
  "/millrace/events": {
    GET: {
      summary: "Show what happened, or follow it",
      description: `The last 1000 events that this worker knows of, or with \`follow=true\` or \`Accept: text/event-stream\` a stream of what happens from now on (server-sent events; the type is the name of the event). In a cluster every worker tells of all connectors, as it reads of them; each has ids of its own.

A client that comes again with \`Last-Event-ID\`, as browsers do by themselves, gets what it has missed. Where that is not kept any more, or another worker is asked, the first event is \`reset\`: look at the statuses anew. A comment comes every 15 seconds. A client that does not read is cut off when 1 MiB waits for it, and streams end when the worker stops.

No configuration is in an event: ask for it.`,
      query: { follow: FOLLOW },
      headers: LAST_EVENT_ID,
      answers: { 200: EVENTS, 503: TOO_MANY },
    },
  },
  "/millrace/connector-plugins/:plugin/schema": {
    GET: {
      summary: "Show a plugin's configuration as a JSON Schema",
      description:
        "Of the dialect 2020-12, for editors and checks without a worker. Values may be texts or the JSON values that they stand for, and hold variables. It is more generous than validation: keys of converters, transformations and Kafka clients are let through.",
      query: {
        version: {
          description: "Of the plugin, or a range; default: the newest.",
          schema: { type: "string" },
        },
      },
      answers: {
        200: answer("The schema.", {
          type: "object",
          required: ["$schema", "title", "type", "properties", "required"],
        }),
        400: error("There is no such version, or several plugins have this name."),
        404: error("There is no such plugin."),
      },
    },
  },
  "/millrace/dry-run": {
    POST: {
      summary: "Try a connector's configuration out",
      description: DRY_RUN,
      query: {
        parts: {
          description:
            "What to do besides the validation: a list of `plan`, `connection`, `records`, by default all; `validation` alone leaves them out.",
          schema: { type: "string", default: "plan,connection,records" },
        },
        full: flag("With all keys and their values, as the validation of Kafka Connect has them."),
        timeout_ms: {
          description: "How long each step may take.",
          schema: { type: "integer", minimum: 1_000, maximum: 60_000, default: 10_000 },
        },
        max_records: {
          description: "How many records to show.",
          schema: { type: "integer", minimum: 1, maximum: 100, default: 5 },
        },
        from: {
          description: "Sinks: which end of their topics to read.",
          schema: { type: "string", enum: ["earliest", "latest"], default: "earliest" },
        },
      },
      body: {
        description: "As for `POST /connectors`, or the configuration alone, `name` included.",
        schema: { anyOf: [ref("CreateConnector"), ref("Config")] },
      },
      answers: {
        200: answer("What came of it, also where something has failed.", ref("DryRun")),
        400: error("There is no such connector class, or the query is not understood."),
        429: error("Two dry runs are under way on this worker: ask again."),
      },
    },
  },
  "/millrace/openapi.json": {
    GET: {
      summary: "Show this API as an OpenAPI document",
      answers: { 200: answer("OpenAPI 3.1.", { type: "object" }) },
    },
  },
} as const satisfies Operations;
