import { parseArgs } from "node:util";
import { ACTIONS, type ActionName } from "./chaos.ts";
import { passed, reportText } from "./report.ts";
import { soak } from "./soak.ts";

const USAGE = `Lets records run through a distributed cluster that is killed, frozen, restarted and
changed by chance, and counts them. Exits with 1 when one is lost or a worker misbehaves.

pnpm soak [--minutes 30] [--seed N] [--workers 3] [--kind millrace|java] [--rate 50]
          [--actions kill,freeze]
  --kind  of the workers; java is Java Connect, to compare with
  --rate  records per second, of each of eight streams
  --actions  only these, of ${Object.keys(ACTIONS).join(", ")}`;

const { values } = parseArgs({
  // pnpm passes the -- on that may stand before the options.
  args: process.argv.slice(2).filter((arg) => arg !== "--"),
  options: {
    minutes: { type: "string", default: "30" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    workers: { type: "string", default: "3" },
    kind: { type: "string", default: "millrace" },
    rate: { type: "string", default: "50" },
    actions: { type: "string", default: Object.keys(ACTIONS).join(",") },
    help: { type: "boolean", default: false },
  },
});

if (values.help || (values.kind !== "millrace" && values.kind !== "java")) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}

const started = Date.now();
const say = (text: string) => {
  const seconds = Math.floor((Date.now() - started) / 1_000);
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  console.log(`[${time.padStart(6)}] ${text}`);
};
say(`seed ${values.seed}`);
const report = await soak({
  kind: values.kind,
  workers: number("workers"),
  durationMs: number("minutes") * 60_000,
  seed: number("seed"),
  recordsPerSecond: number("rate"),
  actions: values.actions.split(",").map(actionName),
  say,
});
console.log(`\n${reportText(report)}`);
process.exitCode = passed(report) ? 0 : 1;

function number(key: "workers" | "minutes" | "seed" | "rate"): number {
  const value = Number(values[key]);
  if (!(value >= 0)) throw new Error(`--${key} wants a number, not ${values[key]}`);
  return value;
}

function actionName(name: string): ActionName {
  if (!Object.hasOwn(ACTIONS, name)) throw new Error(`--actions: there is no ${name}`);
  return name as ActionName;
}
