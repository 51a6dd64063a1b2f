import { main } from "../../src/main.ts";
import type { Terminal } from "../../src/terminal.ts";

/** What a command did. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CtlOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Standard input. */
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Gets everything that is printed, as soon as it is. */
  readonly onOut?: (out: string) => void;
}

/** Runs one command in this process, with a terminal of its own. */
export async function ctl(args: readonly string[], options: CtlOptions = {}): Promise<Ran> {
  let out = "";
  let err = "";
  const terminal: Terminal = {
    out: (text) => {
      out += text;
      options.onOut?.(out);
    },
    note: (line) => void (err += `${line}\n`),
    input: async () => options.input ?? "",
    // Not this machine's contexts.
    env: { XDG_CONFIG_HOME: "/nonexistent", ...options.env },
    signal: options.signal ?? new AbortController().signal,
    colours: false,
  };
  const code = await main(args, terminal);
  return { code, out, err };
}
