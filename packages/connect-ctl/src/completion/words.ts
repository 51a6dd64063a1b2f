import type { Argument, Command, Option } from "commander";

/** Words that could stand next on a command line. */
export interface Candidate {
  readonly word: string;
  readonly help?: string;
}

/** What else may stand there, and only the cluster or the shell knows. */
export type Dynamic = "connectors" | "plugins" | "contexts" | "loggers" | "files";

export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly dynamic?: Dynamic;
  /** Options that stand there already, such as `--url`. */
  readonly given: Readonly<Record<string, string | true>>;
}

const DYNAMIC_ARGUMENTS: Readonly<Record<string, Dynamic>> = {
  name: "connectors",
  class: "plugins",
  context: "contexts",
  logger: "loggers",
};
const DYNAMIC_OPTIONS: Readonly<Record<string, Dynamic>> = {
  "--file": "files",
  "--ca": "files",
  "--cert": "files",
  "--key": "files",
  "--context": "contexts",
};

/**
 * Finds out what may stand at the end of a command line.
 * @param words all behind the command's own name; the last one is being written
 */
export function complete(program: Command, words: readonly string[]): Completion {
  let command = program;
  let args = 0;
  let open: Option | undefined;
  const given: Record<string, string | true> = {};
  for (const word of words.slice(0, -1)) {
    if (open !== undefined) {
      given[open.attributeName()] = word;
      open = undefined;
    } else if (word.startsWith("-")) {
      const [name = "", value] = word.split(/=(.*)/s, 2);
      const option = optionOf(command, name);
      if (option?.required && value === undefined) open = option;
      else if (option !== undefined) given[option.attributeName()] = value ?? true;
    } else {
      const sub = args === 0 ? subcommandOf(command, word) : undefined;
      if (sub === undefined) args++;
      else command = sub;
    }
  }
  const last = words.at(-1) ?? "";
  return { ...next(command, args, open, last), given };
}

function next(
  command: Command,
  args: number,
  open: Option | undefined,
  last: string,
): Omit<Completion, "given"> {
  if (open !== undefined) {
    const dynamic = DYNAMIC_OPTIONS[open.long ?? ""];
    const candidates = (open.argChoices ?? []).map((word) => ({ word }));
    return { candidates, ...(dynamic && { dynamic }) };
  }
  if (last.startsWith("-")) return { candidates: optionsOf(command).map(optionCandidate) };
  const commands = args === 0 ? command.commands.filter((sub) => !isHidden(sub)) : [];
  const candidates = commands.map((sub) => ({ word: sub.name(), help: sub.description() }));
  const argument = argumentAt(command, args);
  const dynamic = argument && DYNAMIC_ARGUMENTS[argument.name()];
  const choices = (argument?.argChoices ?? []).map((word) => ({ word }));
  return { candidates: [...candidates, ...choices], ...(dynamic && { dynamic }) };
}

function argumentAt(command: Command, index: number): Argument | undefined {
  const known = command.registeredArguments;
  return known[index] ?? (known.at(-1)?.variadic ? known.at(-1) : undefined);
}

/** Its own options, and those of every command. */
function optionsOf(command: Command): Option[] {
  const inherited = command.parent === null ? [] : optionsOf(command.parent);
  return [...command.options, ...inherited].filter((option) => !option.hidden);
}

function optionOf(command: Command, word: string): Option | undefined {
  return optionsOf(command).find(({ long, short }) => word === long || word === short);
}

function optionCandidate({ long, short, description }: Option): Candidate {
  return { word: long ?? short ?? "", help: description };
}

function subcommandOf(command: Command, word: string): Command | undefined {
  return command.commands.find((sub) => sub.name() === word || sub.aliases().includes(word));
}

function isHidden(command: Command): boolean {
  return command.name().startsWith("__");
}
