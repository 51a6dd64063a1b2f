import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { findJava } from "./java.ts";
import { jarsFromMaven, type Coordinates } from "./maven.ts";

const LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4";

/** Makes a JVM start three times as fast; a server of a test lives too short for more. */
export const QUICK_START = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/** What is fetched to run a program of Maven Central. */
export interface JavaProgramSource {
  /** Of the cached folder, with the version: "kafka-4.3.1". */
  readonly name: string;
  readonly artifacts: readonly Coordinates[];
  /** Of loggers that say more than warnings, their levels. */
  readonly loggers: Readonly<Record<string, string>>;
}

/** How to run the classes of a Java program. */
export interface JavaProgram {
  readonly java: string;
  /** JVM arguments up to the name of the main class. */
  readonly jvmArgs: readonly string[];
}

/**
 * A program's jars, and the class-data archive for this JVM where `makeArchive`
 * was able to make one: it runs the program with the given JVM arguments once.
 */
export async function installJavaProgram(
  source: JavaProgramSource,
  makeArchive: (program: JavaProgram) => Promise<void>,
): Promise<JavaProgram> {
  const { name, loggers } = source;
  const java = await findJava();
  const jvmArgs = ["-Xshare:auto", "-cp", await classPathOf(source)];
  const extras = await cached(`${name}-${java.fingerprint}`, async (folder) => {
    await writeFile(join(folder, "log4j2.xml"), logConfig(loggers));
    const archive = join(folder, "classes.jsa");
    const logging = `-Dlog4j2.configurationFile=${join(folder, "log4j2.xml")}`;
    await makeArchive({
      java: java.command,
      jvmArgs: [`-XX:ArchiveClassesAtExit=${archive}`, logging, ...jvmArgs],
    });
  });
  const archive = join(extras, "classes.jsa");
  return {
    java: java.command,
    jvmArgs: [
      // A JVM that cannot make an archive (OpenJ9) starts slower, that is all.
      ...(existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []),
      `-Dlog4j2.configurationFile=${join(extras, "log4j2.xml")}`,
      ...jvmArgs,
    ],
  };
}

/** All jars of a program. */
export async function classPathOf({ name, artifacts }: JavaProgramSource): Promise<string> {
  const jars = await jarsFromMaven(name, [...artifacts, LOGGING]);
  // Named one by one and in order: an archive fits one exact class path.
  return (await readdir(jars))
    .filter((file) => file.endsWith(".jar"))
    .sort()
    .map((file) => join(jars, file))
    .join(":");
}

/** Errors and warnings on the console, and what some loggers say beyond. */
function logConfig(loggers: Readonly<Record<string, string>>): string {
  const named = Object.entries(loggers).map(
    ([name, level]) => `<Logger name="${name}" level="${level}"/>`,
  );
  return `<Configuration>
  <Appenders>
    <Console name="out"><PatternLayout pattern="[%d] %p %m (%c)%n"/></Console>
  </Appenders>
  <Loggers>
    ${named.join("\n    ")}
    <Root level="warn"><AppenderRef ref="out"/></Root>
  </Loggers>
</Configuration>
`;
}
