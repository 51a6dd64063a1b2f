import { CommanderError } from "commander";
import { EXIT, type ExitCode, exitCodeOf } from "./exit-codes.ts";
import { ownVersion } from "./commands/version.ts";
import { createProgram } from "./program.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/**
 * Runs one command to its end.
 * @param args without the names of the interpreter and the script
 * @returns the exit code
 */
export async function main(
  args: readonly string[] = process.argv.slice(2),
  terminal: Terminal = processTerminal(),
): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  const end = (ended: ExitCode) => void (code = ended);
  try {
    await createProgram({ terminal, end }, await ownVersion()).parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    // The library has said already what is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (terminal.signal.aborted) return EXIT.interrupted;
    terminal.note((error as Error).message);
    return exitCodeOf(error);
  }
}
