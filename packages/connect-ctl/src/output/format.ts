import { parse, stringify } from "yaml";

export const FORMATS = ["table", "json", "yaml"] as const;

/** `table` is for people, the others for programs. */
export type Format = (typeof FORMATS)[number];

/** Data for programs. Numbers of offsets keep all their digits. */
export function encode(data: unknown, format: "json" | "yaml"): string {
  const json = JSON.stringify(data, null, 2);
  if (format === "json") return `${json}\n`;
  return stringify(parse(json, { intAsBigInt: true }), { lineWidth: 0 });
}
