import type { Command } from "commander";
import { NotFoundError, UsageError } from "../exit-codes.ts";
import { encode, type Format } from "../output/format.ts";
import { table } from "../output/table.ts";
import type { Cli, GlobalOptions } from "../session.ts";
import {
  type Context,
  contextPath,
  type Contexts,
  readContexts,
  writeContexts,
} from "../target/context-file.ts";
import { parseUrls } from "../target/urls.ts";
import { resolve } from "node:path";

interface SetOptions extends GlobalOptions {
  readonly passwordStdin?: boolean;
}

export function addContext(program: Command, cli: Cli): void {
  const { env } = cli.terminal;
  const context = program
    .command("context")
    .description("manages contexts: clusters by name, with how they are reached");
  context
    .command("list", { isDefault: true })
    .description("lists contexts; * marks the current one")
    .action(async (_, command: Command) => {
      list(cli, await readContexts(env), command.optsWithGlobals<GlobalOptions>().output);
    });
  context
    .command("use")
    .argument("<context>", "its name")
    .description("makes a context the current one")
    .action(async (name: string) => {
      const all = await readContexts(env);
      requireContext(all, name);
      await writeContexts(env, { ...all, current: name });
      cli.terminal.out(`The context is ${name}\n`);
    });
  context
    .command("set")
    .argument("<context>", "its name")
    .description(
      "makes a context, or changes one, from --url, --user, --ca, --cert, --key, --insecure",
    )
    .option("--password-stdin", "store the password that comes from standard input")
    .action(async (name: string, _, command: Command) => {
      const options = command.optsWithGlobals<SetOptions>();
      const all = await readContexts(env);
      const made = await changed(cli, all.contexts[name], options);
      const contexts = { ...all.contexts, [name]: made };
      await writeContexts(env, { current: all.current ?? name, contexts });
      cli.terminal.out(`Context ${name} is stored in ${contextPath(env)}\n`);
    });
  context
    .command("delete")
    .argument("<context>", "its name")
    .description("forgets a context")
    .action(async (name: string) => {
      const all = await readContexts(env);
      requireContext(all, name);
      const { [name]: _, ...contexts } = all.contexts;
      const { current } = all;
      const kept = current !== undefined && current !== name;
      await writeContexts(env, { ...(kept && { current }), contexts });
      cli.terminal.out(`Context ${name} is deleted\n`);
    });
}

function list({ terminal }: Cli, { current, contexts }: Contexts, format: Format): void {
  // A password is nobody's to see.
  const shown = Object.entries(contexts).map(([name, { password, ...context }]) => ({
    name,
    current: name === current,
    ...context,
    hasPassword: password !== undefined,
  }));
  if (format !== "table") return terminal.out(encode(shown, format));
  const rows = shown.map((context) => [
    context.current ? "*" : "",
    context.name,
    context.url.join(","),
    context.user ?? "",
  ]);
  terminal.out(table(["", "NAME", "URL", "USER"], rows));
}

async function changed(
  { terminal }: Cli,
  before: Context | undefined,
  options: SetOptions,
): Promise<Context> {
  const url = options.url === undefined ? before?.url : parseUrls(options.url, "--url");
  if (url === undefined || url.length === 0) {
    throw new UsageError("--url: a context needs the address of a worker, or several with commas");
  }
  const password = options.passwordStdin
    ? (await terminal.input()).replace(/\r?\n$/, "")
    : undefined;
  const { user, ca, cert, key, insecure } = options;
  return {
    ...before,
    url,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    // The file is read from any folder.
    ...(ca !== undefined && { ca: resolve(ca) }),
    ...(cert !== undefined && { cert: resolve(cert) }),
    ...(key !== undefined && { key: resolve(key) }),
    ...(insecure !== undefined && { insecure }),
  };
}

function requireContext({ contexts }: Contexts, name: string): void {
  if (!Object.hasOwn(contexts, name)) throw new NotFoundError(`There is no context ${name}`);
}
