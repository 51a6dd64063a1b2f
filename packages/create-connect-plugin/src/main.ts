import { readFileSync } from "node:fs";
import { basename, relative, resolve } from "node:path";
import { Command, CommanderError } from "commander";
import { createPlugin, FolderNotEmptyError } from "./create-plugin.ts";
import { NameError, namesOf } from "./names.ts";

/**
 * `npm create @millrace/connect-plugin my-thing`
 * @returns the exit code: 1 for what the user can mend
 */
export async function main(args: readonly string[] = process.argv.slice(2)): Promise<number> {
  const program = new Command("create-connect-plugin")
    .description("Writes a new connector package for Millrace: a source, a sink and their tests.")
    .argument("<folder>", "where to; its name is that of the package")
    .option("--name <package>", "the package's name, such as @acme/connect-my-thing")
    .option(
      "--java-package <name>",
      "begins the class names that configurations use, as in Java",
      "com.example",
    )
    .version(version())
    .exitOverride()
    .action(async (given: string, options: { name?: string; javaPackage: string }) => {
      const folder = resolve(given);
      const names = namesOf(options.name ?? basename(folder), options.javaPackage);
      const files = await createPlugin(folder, names);
      const there = relative(process.cwd(), folder) || ".";
      process.stdout.write(`${names.packageName}: ${files.length} files in ${there}

  cd ${there}
  npm install
  npm test          # types, and the conformance suite against a small server

Then put your system in the place of src/${names.filePrefix}-client.ts and src/item-schema.ts.
`);
    });
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof NameError || error instanceof FolderNotEmptyError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
