import type { ConfigDef } from "@millrace/connect-api";

/** Keys that Java does not have: whether what has failed is started again by itself. */
export const RESTART_CONFIG = {
  "errors.restart.max": {
    type: "INT",
    default: 0,
    min: -1,
    importance: "MEDIUM",
    doc: "How often a connector or task that has failed is started again by itself within errors.restart.window.ms; 0: never, -1: without limit. Errors of the configuration are not tried again.",
    group: "Error Handling",
    width: "SHORT",
    displayName: "Automatic restarts",
  },
  "errors.restart.backoff.ms": {
    type: "LONG",
    default: 10_000,
    min: 1,
    importance: "LOW",
    doc: "Milliseconds before the first automatic restart; each further one waits twice as long as the one before, and a fifth more or less by chance.",
    group: "Error Handling",
    width: "MEDIUM",
    displayName: "First wait before a restart",
  },
  "errors.restart.backoff.max.ms": {
    type: "LONG",
    default: 600_000,
    min: 1,
    importance: "LOW",
    doc: "Milliseconds before an automatic restart, at most.",
    group: "Error Handling",
    width: "MEDIUM",
    displayName: "Longest wait before a restart",
  },
  "errors.restart.window.ms": {
    type: "LONG",
    default: 3_600_000,
    min: 1,
    importance: "LOW",
    doc: "Milliseconds that an automatic restart is counted for.",
    group: "Error Handling",
    width: "MEDIUM",
    displayName: "Window of automatic restarts",
  },
} as const satisfies ConfigDef;
