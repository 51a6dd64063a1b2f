import { styleText } from "node:util";

type Style = "green" | "red" | "yellow" | "dim";

const STYLE_OF: Readonly<Record<string, Style>> = {
  RUNNING: "green",
  healthy: "green",
  FAILED: "red",
  failed: "red",
  unhealthy: "red",
  UNASSIGNED: "yellow",
  RESTARTING: "yellow",
  degraded: "yellow",
  stale: "yellow",
  starting: "yellow",
  PAUSED: "dim",
  STOPPED: "dim",
  paused: "dim",
  stopped: "dim",
};
const WORDS = new RegExp(String.raw`\b(?:${Object.keys(STYLE_OF).join("|")})\b`, "g");

/** Gives the states in a text their colours, after it was laid out. */
export function colourStates(text: string): string {
  return text.replaceAll(WORDS, (word) =>
    styleText(STYLE_OF[word]!, word, { validateStream: false }),
  );
}
