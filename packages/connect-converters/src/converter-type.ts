import type { ConfigDef, Props } from "@millrace/connect-api";

/** The key that all converters of Java Connect have; the worker sets it. */
export const CONVERTER_TYPE = {
  "converter.type": {
    type: "STRING",
    oneOf: ["key", "value", "header"],
    importance: "LOW",
    doc: "What is converted: `key`, `value` or `header`. The worker sets it.",
  },
} as const satisfies ConfigDef;

/** The properties, with the type filled in for whoever makes a converter without a worker. */
export function withConverterType(props: Props, isKey: boolean): Props {
  return { "converter.type": isKey ? "key" : "value", ...props };
}
