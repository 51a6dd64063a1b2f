import { colourStates } from "../output/colours.ts";
import { encode, type Format } from "../output/format.ts";
import type { Terminal } from "../terminal.ts";

/** Prints one of many events: a line, JSON in one line, or a YAML document. */
export function printEvent(
  { out, colours }: Terminal,
  format: Format,
  event: object & { readonly time?: unknown },
  text: string,
): void {
  if (format === "json") out(`${JSON.stringify(event)}\n`);
  else if (format === "yaml") out(`---\n${encode(event, "yaml")}`);
  else {
    const line = `${typeof event.time === "string" ? event.time : ""}  ${text}`.trimStart();
    out(`${colours ? colourStates(line) : line}\n`);
  }
}
