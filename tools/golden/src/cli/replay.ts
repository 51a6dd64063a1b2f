import type { Command } from "commander";
import { startKafka } from "@millrace/services";
import { compareWithJava } from "../against.ts";
import { isWell, printed } from "../report.ts";
import { compareWithRecording } from "../replay.ts";
import { SCENES } from "../scenes/scenes.ts";

/** `pnpm golden [scenes...]` */
export function addReplay(program: Command): void {
  program
    .command("replay", { isDefault: true })
    .description("sends the recorded requests to a worker, and compares the answers")
    .argument("[scenes...]", `some of: ${Object.keys(SCENES).join(", ")}; default: all`)
    .option("--against <worker>", "java: asks a Java worker beside ours, the recorded and more")
    .action(async (names: string[], { against }: { against?: string }) => {
      if (against !== undefined) {
        if (against !== "java") throw new Error(`There is no worker ${against} to compare with`);
        const comparison = await compareWithJava();
        console.log(printed(comparison));
        if (!isWell(comparison)) process.exitCode = 1;
        return;
      }
      await using kafka = await startKafka();
      for (const name of names.length > 0 ? names : Object.keys(SCENES)) {
        const scene = SCENES[name];
        if (scene === undefined) throw new Error(`There is no scene ${name}`);
        const comparison = await compareWithRecording(scene, kafka.bootstrapServers);
        console.log(`${name}: ${printed(comparison)}`);
        if (!isWell(comparison)) process.exitCode = 1;
      }
    });
}
