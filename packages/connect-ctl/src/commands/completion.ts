import { Argument, type Command } from "commander";
import { dynamicWords } from "../completion/dynamic.ts";
import { SCRIPTS, type Shell, SHELLS } from "../completion/scripts.ts";
import { complete } from "../completion/words.ts";
import type { Cli } from "../session.ts";

export function addCompletion(program: Command, { terminal }: Cli): void {
  program
    .command("completion")
    .addArgument(new Argument("<shell>", "your shell").choices(SHELLS))
    .description("prints a script that completes commands, options and connectors' names")
    .addHelpText(
      "after",
      `
  bash: source <(connect-ctl completion bash)      in ~/.bashrc
  zsh:  source <(connect-ctl completion zsh)       in ~/.zshrc, behind compinit
  fish: connect-ctl completion fish | source       in ~/.config/fish/config.fish`,
    )
    .action((shell: Shell) => terminal.out(SCRIPTS[shell]));
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .action(async (words: string[]) => {
      const completion = complete(program, words);
      const { candidates, dynamic } = completion;
      for (const { word, help } of candidates) {
        terminal.out(help === undefined ? `${word}\n` : `${word}\t${help}\n`);
      }
      if (dynamic === "files") terminal.out(":files\n");
      else if (dynamic !== undefined) {
        const words = await dynamicWords(dynamic, completion, terminal);
        terminal.out(
          words
            .toSorted()
            .map((word) => `${word}\n`)
            .join(""),
        );
      }
    });
}
