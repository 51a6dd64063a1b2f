import { ConnectError } from "@millrace/connect-api";
import type { RawProps } from "../config/raw-props.ts";
import { looksSecret } from "../config/secret-keys.ts";
import { bucketsFor, inJavaOrder } from "./java-order.ts";

/** The request is wrong; REST answers 400. Keeps its Java name on the way between threads. */
export class BadRequestError extends ConnectError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, {
      ...options,
      javaName: "org.apache.kafka.connect.runtime.rest.errors.BadRequestException",
    });
  }
}

/** @throws {BadRequestError} when the configuration names no connector class */
export function connectorClassOf(props: RawProps): string {
  const className = Object.hasOwn(props, "connector.class") ? props["connector.class"] : undefined;
  if (className !== undefined && className !== null) return className;
  throw new BadRequestError(`Connector config ${printMap(props)} contains no connector type`);
}

/** As Java prints a map, but without what looks like a secret: the table that would tell is not known (I5). */
function printMap(props: RawProps): string {
  const keys = Object.keys(props);
  // Java copies the submitted map before it adds the name.
  const submitted = keys.filter((key) => key !== "name").length;
  const entries = inJavaOrder(keys, bucketsFor(submitted)).map(
    (key) => `${key}=${looksSecret(key) ? "[hidden]" : String(props[key])}`,
  );
  return `{${entries.join(", ")}}`;
}
