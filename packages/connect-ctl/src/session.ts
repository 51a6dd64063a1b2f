import type { Command } from "commander";
import { ConnectClient } from "./client/connect-client.ts";
import { HttpClient } from "./client/http.ts";
import { EXIT, type ExitCode, exitCodeOf } from "./exit-codes.ts";
import { colourStates } from "./output/colours.ts";
import { encode, type Format } from "./output/format.ts";
import { findTarget, type TargetOptions } from "./target/target.ts";
import type { Terminal } from "./terminal.ts";

/** Options that every command has. */
export interface GlobalOptions extends TargetOptions {
  readonly output: Format;
  /** Seconds. */
  readonly retry: number;
}

/** What one run of a command works with. */
export class Session {
  readonly terminal: Terminal;
  readonly client: ConnectClient;
  readonly format: Format;
  #exitCode: ExitCode = EXIT.done;

  private constructor(terminal: Terminal, client: ConnectClient, format: Format) {
    this.terminal = terminal;
    this.client = client;
    this.format = format;
  }

  /** @throws {UsageError} when it is not clear which cluster is meant */
  static async open(terminal: Terminal, options: GlobalOptions): Promise<Session> {
    const endpoint = await findTarget(options, terminal.env);
    if (endpoint.tls?.rejectUnauthorized === false) {
      terminal.note("Warning: the worker's certificate is not checked (insecure)");
    }
    const client = new ConnectClient(new HttpClient(endpoint), {
      rebalanceMs: options.retry * 1000,
      onRebalance: () => terminal.note("The cluster is rebalancing: trying again …"),
      signal: terminal.signal,
    });
    return new Session(terminal, client, options.output);
  }

  /** The code of the first thing that went wrong. */
  get exitCode(): ExitCode {
    return this.#exitCode;
  }

  /** Prints what was asked for: data for programs, or text for people. */
  print(data: unknown, text: () => string): void {
    if (this.format !== "table") return this.terminal.out(encode(data, this.format));
    this.terminal.out(this.terminal.colours ? colourStates(text()) : text());
  }

  /** Tells a person what was done; programs go by the exit code. */
  say(line: string): void {
    if (this.format === "table") this.terminal.out(`${line}\n`);
    else this.terminal.note(line);
  }

  endWith(code: ExitCode): void {
    if (this.#exitCode === EXIT.done) this.#exitCode = code;
  }

  /**
   * Does something for each, one after the other; what fails is told and does not keep the
   * others from it. Where there is just one, its error is the command's.
   * @returns those that went well
   */
  async forEach(
    names: readonly string[],
    work: (name: string) => Promise<void>,
  ): Promise<string[]> {
    const done: string[] = [];
    for (const name of names) {
      try {
        await work(name);
        done.push(name);
      } catch (error) {
        if (this.terminal.signal.aborted || names.length === 1) throw error;
        this.#tell(name, error as Error);
      }
    }
    return done;
  }

  /** Waits for all at the same time, and says of one after the other that it is there. */
  async waitForEach(
    names: readonly string[],
    wait: (name: string) => Promise<string>,
  ): Promise<void> {
    const waits = new Map(names.map((name) => [name, wait(name)]));
    // One that fails before it is its turn has not gone unnoticed.
    for (const waiting of waits.values()) waiting.catch(() => undefined);
    await this.forEach(names, async (name) => this.say(await waits.get(name)!));
  }

  #tell(name: string, error: Error): void {
    const { message } = error;
    this.terminal.note(message.startsWith(`${name}:`) ? message : `${name}: ${message}`);
    this.endWith(exitCodeOf(error));
  }
}

/** What commands are built with. */
export interface Cli {
  readonly terminal: Terminal;
  readonly end: (code: ExitCode) => void;
}

/** Makes the action of a command: `work` gets a session, the arguments and the options. */
export function inSession<A extends unknown[]>(
  { terminal, end }: Cli,
  work: (session: Session, ...args: A) => Promise<void>,
): (...args: [...A, Command]) => Promise<void> {
  return async (...all) => {
    const command = all.at(-1) as Command;
    const session = await Session.open(terminal, command.optsWithGlobals<GlobalOptions>());
    await work(session, ...(all.slice(0, -1) as A));
    end(session.exitCode);
  };
}
