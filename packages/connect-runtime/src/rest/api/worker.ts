import { answer, error, flag, type Operations, ref } from "./operation.ts";
import { list } from "./schemas.ts";

const level = {
  type: "object",
  properties: { level: { type: "string" } },
  required: ["level"],
};

/** A worker, its plugins and its log levels, as in Kafka Connect. */
export const WORKER_OPERATIONS = {
  "/": {
    GET: {
      summary: "Show which Kafka Connect this is",
      answers: {
        200: answer(
          "The release of Kafka Connect whose behaviour this worker has, and its Kafka cluster.",
          ref("WorkerInfo"),
        ),
      },
    },
  },
  "/health": {
    GET: {
      summary: "Ask whether the worker does its work (KIP-1017)",
      answers: {
        200: answer("It does.", ref("WorkerHealth")),
        500: answer("It does not.", ref("WorkerHealth")),
        503: answer("Not yet: it is starting.", ref("WorkerHealth")),
      },
    },
  },
  "/metrics": {
    GET: {
      summary: "Show what is measured of this worker",
      description: "Beyond Java, which has it under JMX. With the admin API where that is apart.",
      answers: {
        200: {
          description: "In the text format of Prometheus.",
          content: { "text/plain": { type: "string" } },
        },
      },
    },
  },
  "/connector-plugins": {
    GET: {
      summary: "List the plugins of this worker",
      query: { connectorsOnly: flag("Only sinks and sources.", true) },
      answers: { 200: answer("Plugins.", list(ref("Plugin"))) },
    },
  },
  "/connector-plugins/:plugin/config": {
    GET: {
      summary: "Show which keys a plugin has",
      query: {
        version: {
          description: "Of the plugin, or a range; default: the newest.",
          schema: { type: "string" },
        },
      },
      answers: {
        200: answer(
          "Its keys; a connector's own before those of all connectors.",
          list(ref("Definition")),
        ),
        400: error("There is no such version, or several plugins have this name."),
        404: error("There is no such plugin."),
      },
    },
  },
  "/connector-plugins/:plugin/config/validate": {
    PUT: {
      summary: "Validate a connector's configuration",
      body: { description: "The whole configuration.", schema: ref("Config") },
      answers: {
        200: answer("All keys with their values and what is wrong with them.", ref("ConfigInfos")),
        400: error("The configuration is of another plugin."),
      },
    },
  },
  "/admin/loggers": {
    GET: {
      summary: "List loggers and their levels",
      answers: {
        200: answer("By name.", { type: "object", additionalProperties: ref("LoggerLevel") }),
      },
    },
  },
  "/admin/loggers/:logger": {
    GET: {
      summary: "Show the level of a logger",
      answers: {
        200: answer("Its level.", ref("LoggerLevel")),
        404: error("There is no such logger."),
      },
    },
    PUT: {
      summary: "Set the level of a logger and of those below it",
      query: {
        scope: {
          description: "`cluster`: on all workers.",
          schema: { type: "string", default: "worker" },
        },
      },
      body: { description: "The level.", schema: level },
      answers: {
        200: answer("The loggers whose level was set.", list({ type: "string" })),
        204: { description: "With `scope=cluster`: all workers will set it." },
        400: error("There is no level in the body."),
        404: error("There is no such level."),
      },
    },
  },
} as const satisfies Operations;
