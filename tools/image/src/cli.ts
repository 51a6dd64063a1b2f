import { Command } from "commander";
import { assembleTarball, buildImage, type Wanted, writeContext } from "./assemble.ts";

interface Options extends Omit<Wanted, "plugins"> {
  readonly plugin: readonly string[];
}

function command(name: string, target: string, build: (to: string, w: Wanted) => Promise<void>) {
  return new Command(name)
    .argument(`<${target}>`)
    .option(
      "-p, --plugin <packages...>",
      'a package of plugins as npm takes it, "name@version"; with blanks between them several, for one folder',
      [],
    )
    .option("--runtime <package>", "the worker", "@millrace/connect-runtime")
    .option("--from-workspace", "take packages of this repository from here, built before")
    .action(async (to: string, { plugin, ...wanted }: Options) => {
      await build(to, { ...wanted, plugins: plugin });
      process.stdout.write(`${to} has been made\n`);
    });
}

await new Command("image")
  .description("Assembles a worker with the plugins that are wanted.")
  .addCommand(
    command("tarball", "file", assembleTarball).description("runs on Node 22.22 or newer"),
  )
  .addCommand(command("docker", "tag", buildImage).description("builds an image"))
  .addCommand(command("context", "folder", writeContext).description("for other image builders"))
  .parseAsync();
