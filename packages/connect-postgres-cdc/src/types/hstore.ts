import { Schema } from "@millrace/connect-api";
import type { TypeForm } from "./column-type.ts";

export type HstoreHandlingMode = "json" | "map";

const PAIR = /"((?:[^"\\]|\\.)*)"=>(?:NULL|"((?:[^"\\]|\\.)*)")/gs;

/** `"k1"=>"v1", "k2"=>NULL`, in the database's order of keys. */
export function parseHstore(text: string): Map<string, string | null> {
  const map = new Map<string, string | null>();
  for (const [, key = "", value] of text.matchAll(PAIR)) {
    map.set(unescaped(key), value === undefined ? null : unescaped(value));
  }
  return map;
}

const unescaped = (text: string) => (text.includes("\\") ? text.replaceAll(/\\(.)/gs, "$1") : text);

/** The text of a map as JSON. */
export function hstoreJson(map: ReadonlyMap<string, string | null>): string {
  const pairs = [...map].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return `{${pairs.join(",")}}`;
}

/** `hstore`, of the extension of that name. */
export function hstoreForm(mode: HstoreHandlingMode): TypeForm {
  const parsed = (bytes: Buffer, at: number, length: number) =>
    parseHstore(bytes.toString("utf8", at, at + length));
  if (mode === "json") {
    return {
      schema: { type: "STRING", name: "io.debezium.data.Json", version: 1 },
      zero: "{}",
      unavailable: (text) => JSON.stringify({ [text]: text }),
      read: (...place) => hstoreJson(parsed(...place)),
    };
  }
  return {
    schema: {
      type: "MAP",
      keySchema: new Schema({ type: "STRING" }),
      valueSchema: new Schema({ type: "STRING", optional: true }),
    },
    zero: new Map(),
    read: parsed,
  };
}
