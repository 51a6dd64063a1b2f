import type { Schema } from "@millrace/connect-api";

/** `unavailable.value.placeholder`: what stands for a large value that the log lacks. */
export interface Placeholder {
  readonly text: string;
  readonly bytes: Buffer;
}

const HEX = "hex:";

export function parsePlaceholder(text: string): Placeholder {
  if (!text.startsWith(HEX)) return { text, bytes: Buffer.from(text) };
  const bytes = Buffer.from(text.slice(HEX.length), "hex");
  return { text: bytes.toString("utf8"), bytes };
}

/** The placeholder in the form of a field; undefined where the form has room for none. */
export function unavailableValue(schema: Schema, { text, bytes }: Placeholder): unknown {
  switch (schema.type) {
    case "STRING":
      return text;
    case "BYTES":
      return schema.name === undefined ? bytes : undefined;
    case "MAP":
      return new Map([[text, text]]);
    case "ARRAY":
      return unavailableElements(schema.valueSchema, { text, bytes });
    default:
      return undefined;
  }
}

function unavailableElements(element: Schema, { text, bytes }: Placeholder): unknown {
  switch (element.type) {
    case "STRING":
      return [text];
    case "INT16":
    case "INT32":
    case "INT64":
      return [...new Int8Array(bytes)];
    default:
      return undefined;
  }
}
