import type { ConfigDef, Props } from "@millrace/connect-api";

const ERRORS = { importance: "MEDIUM", group: "Errors", width: "SHORT" } as const;

/**
 * The keys of errors that both connectors have, in Java's order.
 * @param tolerances in the order in which Java's connector names them
 * @param doc what `errors.tolerance` is about
 */
export function errorKeys<const T extends readonly string[]>(tolerances: T, doc: string) {
  const tolerance = {
    type: "STRING",
    default: "none",
    oneOf: tolerances,
    displayName: "Error Tolerance",
    ...ERRORS,
  } as const;
  const log = { type: "BOOLEAN", default: false, displayName: "Log Errors", ...ERRORS } as const;
  return {
    "errors.tolerance": { ...tolerance, doc },
    "mongo.errors.tolerance": { ...tolerance, doc: ownDoc("errors.tolerance") },
    "errors.log.enable": { ...log, doc: "Whether such errors are logged." },
    "mongo.errors.log.enable": { ...log, doc: ownDoc("errors.log.enable") },
  } as const satisfies ConfigDef;
}

export const ownDoc = (key: string): string =>
  `The same for this connector alone: stands above ${key}.`;

/** `mongo.<key>` where it is given, otherwise the key, which the worker reads as well. */
export function ownKey<const K extends string>(props: Props, key: K): K | `mongo.${K}` {
  return Object.hasOwn(props, `mongo.${key}`) ? `mongo.${key}` : key;
}
