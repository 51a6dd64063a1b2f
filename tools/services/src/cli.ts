import { readFileSync } from "node:fs";
import { Argument, Command } from "commander";
import { tail } from "./log-file.ts";
import { installService, SERVICE_NAMES, SERVICES, type ServiceName } from "./obtain.ts";
import { bringUp, statusOf, takeDown, type Status } from "./up.ts";

const services = () => new Argument("[service...]", "default: all").choices(SERVICE_NAMES);
const chosen = (given: ServiceName[]) => (given.length === 0 ? SERVICE_NAMES : given);

const program = new Command("services")
  .description(
    "Real servers for development: Kafka, databases, search engines, a schema registry, S3",
  )
  .addHelpText(
    "after",
    `
A service whose address stands in the environment is used as it is:
${SERVICE_NAMES.map((name) => `  ${SERVICES[name].variable}`).join("\n")}
Otherwise it is started by Docker where an engine answers, else as a process of
this machine, on its usual port of 127.0.0.1 if that is free, and runs until
"services down".`,
  );

program
  .command("up")
  .description("start services, and print what tells programs where they are")
  .addArgument(services())
  .action(async (given: ServiceName[]) => {
    // One after the other: their downloads would only share the line.
    for (const name of chosen(given)) {
      const status = await bringUp(name);
      if (status.state === "up") {
        console.error(`${name} is up (${status.origin})${logs(status.logFiles)}`);
      }
      if ("address" in status) console.log(`export ${SERVICES[name].variable}=${status.address}`);
    }
  });

program
  .command("install")
  .description("download or build what services need, so that they start quickly")
  .addArgument(services())
  .action(async (given: ServiceName[]) => {
    for (const name of chosen(given)) await installService(name);
  });

program
  .command("down")
  .description("stop services that were brought up, and remove their data")
  .addArgument(services())
  .action(async (given: ServiceName[]) => {
    for (const name of chosen(given)) {
      console.log(`${name}: ${(await takeDown(name)) ? "stopped" : "was not up"}`);
    }
  });

program
  .command("status")
  .description("show where services run; exits with 1 when one of them does not")
  .addArgument(services())
  .action(async (given: ServiceName[]) => {
    for (const name of chosen(given)) {
      const status = await statusOf(name);
      console.log(`${name.padEnd(15)}${describe(name, status)}`);
      if (status.state === "down" || status.state === "dead") process.exitCode = 1;
    }
  });

program
  .command("logs")
  .description("print the end of the logs of services that are up")
  .addArgument(services())
  .option("-n, --lines <count>", "how many lines of each log", "100")
  .action(async (given: ServiceName[], { lines }: { lines: string }) => {
    for (const name of chosen(given)) {
      const status = await statusOf(name);
      if (status.state !== "up" && status.state !== "dead") {
        console.log(`${name}: ${status.state === "given" ? "not started by us" : "not up"}`);
      } else if (status.container !== undefined) {
        console.log(`${name}: see "docker logs ${status.container}"`);
      } else {
        for (const file of status.logFiles) {
          console.log(`== ${file}\n${tail(readFileSync(file, "utf8"), Number(lines))}`);
        }
      }
    }
  });

function describe(name: ServiceName, status: Status): string {
  switch (status.state) {
    case "given":
      return `${status.address} (from ${SERVICES[name].variable})`;
    case "up":
      return `${status.address} (${status.origin})${logs(status.logFiles)}`;
    case "dead":
      return `ended by itself${logs(status.logFiles)}`;
    case "down":
      return "down";
  }
}

const logs = (files: readonly string[]): string =>
  files.length === 0 ? "" : `, log: ${files.join(", ")}`;

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof Error && error.cause instanceof Error) console.error(error.cause.message);
  process.exitCode = 1;
}
