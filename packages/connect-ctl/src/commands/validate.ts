import type { Command } from "commander";
import { EXIT } from "../exit-codes.ts";
import { readConnectors } from "../files/read-connectors.ts";
import { printable } from "../output/table.ts";
import { type Cli, inSession } from "../session.ts";
import { check } from "./check.ts";
import { type FileOptions, withFiles } from "./options.ts";

interface Verdict {
  readonly name: string;
  readonly valid: boolean;
  readonly errors: readonly string[];
  /** Keys that nothing defines. */
  readonly unknown: readonly string[];
}

export function addValidate(program: Command, cli: Cli): void {
  withFiles(program.command("validate"))
    .description("has a worker check connectors of files; changes nothing")
    .action(
      inSession(cli, async (session, { file }: FileOptions) => {
        const verdicts: Verdict[] = [];
        for (const { name, config } of await readConnectors(file, session.terminal)) {
          const { errors, unknown } = await check(session.client, config);
          verdicts.push({ name, valid: errors.length === 0, errors, unknown });
        }
        session.print(verdicts, () => verdicts.map(textOf).join(""));
        if (verdicts.some(({ valid }) => !valid)) session.endWith(EXIT.failed);
      }),
    );
}

function textOf({ name, valid, errors, unknown }: Verdict): string {
  const lines = [
    `${name} ${valid ? "is valid" : "is not valid"}`,
    ...errors.map((error) => `  ! ${error}`),
    ...unknown.map((key) => `  ? ${key}: nothing defines this key; is it spelt right?`),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}
