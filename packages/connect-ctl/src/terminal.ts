import { text } from "node:stream/consumers";

/** The process around a command; tests have one of their own. */
export interface Terminal {
  /** To standard output: what was asked for, and nothing else. */
  readonly out: (text: string) => void;
  /** A line to standard error: what a person wants to know besides. */
  readonly note: (line: string) => void;
  /** All of standard input. */
  readonly input: () => Promise<string>;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Whether standard output takes colours. */
  readonly colours: boolean;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => interrupt.abort());
  }
  // Whoever reads the output may have seen enough: `connect-ctl list | head`.
  process.stdout.on("error", () => process.exit());
  return {
    out: (output) => void process.stdout.write(output),
    note: (line) => void process.stderr.write(`${line}\n`),
    input: () => text(process.stdin),
    env: process.env,
    signal: interrupt.signal,
    colours: process.stdout.isTTY && process.stdout.hasColors(),
  };
}
