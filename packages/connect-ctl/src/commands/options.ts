import { type Command, InvalidArgumentError, Option } from "commander";

/** Seconds, 0 or more. */
export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0) || value > 1e6) {
    throw new InvalidArgumentError("It must be a number of seconds.");
  }
  return value;
}

/** A whole number, 0 or more. */
export function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

/** For an option that may be given several times. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

export interface FileOptions {
  readonly file: readonly string[];
}

export interface WaitFlags {
  readonly wait?: boolean;
  /** Seconds. */
  readonly timeout: number;
}

/** `-f`, for commands that read connectors. */
export function withFiles(command: Command): Command {
  return command.addOption(
    new Option(
      "-f, --file <path>",
      "JSON, YAML or .properties file, a folder of them, or - for standard input; may be repeated",
    )
      .argParser(collect)
      .makeOptionMandatory(),
  );
}

/** `--wait` and `--timeout`, for commands that change states. */
export function withWait(command: Command, until: string): Command {
  return command
    .option("--wait", `wait until ${until}`)
    .option("--timeout <seconds>", "how long to wait", seconds, 60);
}
