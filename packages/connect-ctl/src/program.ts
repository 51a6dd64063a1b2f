import { Command, Option } from "commander";
import { addApply } from "./commands/apply.ts";
import { addCompletion } from "./commands/completion.ts";
import { addContext } from "./commands/context.ts";
import { addCreate } from "./commands/create.ts";
import { addDelete } from "./commands/delete.ts";
import { addDescribe } from "./commands/describe.ts";
import { addEvents } from "./commands/events.ts";
import { addGet } from "./commands/get.ts";
import { addHealth } from "./commands/health.ts";
import { addList } from "./commands/list.ts";
import { addLoggers } from "./commands/loggers.ts";
import { addLogs } from "./commands/logs.ts";
import { addOffsets } from "./commands/offsets.ts";
import { seconds } from "./commands/options.ts";
import { addPlugins } from "./commands/plugins.ts";
import { addStatus } from "./commands/status.ts";
import { addRestart, addSteering } from "./commands/steer.ts";
import { addTopics } from "./commands/topics.ts";
import { addValidate } from "./commands/validate.ts";
import { addVersion } from "./commands/version.ts";
import { FORMATS } from "./output/format.ts";
import type { Cli } from "./session.ts";

const HELP = `
Environment:
  CONNECT_URL, CONNECT_USER, CONNECT_PASSWORD, CONNECT_KEY_PASSWORD, NO_COLOR

Exit codes:
  0 done   1 refused or failed   2 wrong arguments or files   3 no worker reached
  4 not found   5 not allowed   6 timed out, or still rebalancing   130 interrupted`;

/** The command with all its subcommands. */
export function createProgram(cli: Cli, version: string): Command {
  const { terminal } = cli;
  const program = new Command("connect-ctl")
    .description("The command line for any Kafka Connect cluster.")
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: (text) => terminal.note(text.trimEnd()),
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(--help tells how it is used)")
    .addHelpText("after", HELP);
  program.version(version, "--version", "show the version of this command");
  addGlobalOptions(program);

  program.commandsGroup("See:");
  addList(program, cli);
  addStatus(program, cli);
  addDescribe(program, cli);
  addGet(program, cli);
  addLogs(program, cli);
  addEvents(program, cli);
  addTopics(program, cli);
  program.commandsGroup("Make:");
  addApply(program, cli);
  addCreate(program, cli);
  addDelete(program, cli);
  addValidate(program, cli);
  program.commandsGroup("Run:");
  addSteering(program, cli);
  addRestart(program, cli);
  addOffsets(program, cli);
  program.commandsGroup("Workers:");
  addPlugins(program, cli);
  addLoggers(program, cli);
  addHealth(program, cli);
  addVersion(program, cli);
  program.commandsGroup("This command:");
  addContext(program, cli);
  addCompletion(program, cli);
  return program;
}

function addGlobalOptions(program: Command): void {
  program
    .addOption(
      new Option("-o, --output <format>", "for people or for programs")
        .choices(FORMATS)
        .default("table"),
    )
    .option("--url <urls>", "a worker's address, or several of one cluster with commas")
    .option("--context <name>", "the cluster's name in the file of contexts")
    .option("--user <name>", "for basic authentication; the password is in CONNECT_PASSWORD")
    .option("--ca <file>", "certificates (PEM) to check the worker's with")
    .option("--cert <file>", "client certificate (PEM)")
    .option("--key <file>", "its private key (PEM)")
    .option("--insecure", "do not check the worker's certificate")
    .option("--retry <seconds>", "how long to try again during a rebalance", seconds, 30);
}
