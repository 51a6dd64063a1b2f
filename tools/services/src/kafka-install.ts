import { readdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { findJava } from "./java.ts";
import { jarsFromMaven } from "./maven.ts";

const LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4";

/** Errors and warnings, and the line that says a broker has started. */
const LOG_CONFIG = `<Configuration>
  <Appenders>
    <Console name="out"><PatternLayout pattern="[%d] %p %m (%c)%n"/></Console>
  </Appenders>
  <Loggers>
    <Logger name="kafka.server.KafkaRaftServer" level="info"/>
    <Root level="warn"><AppenderRef ref="out"/></Root>
  </Loggers>
</Configuration>
`;

/** Makes a broker start three times as fast; it lives too short for more. */
const QUICK_START = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];

/** How to run the classes of one Kafka version. */
export interface KafkaInstallation {
  readonly java: string;
  /** JVM arguments up to the name of the main class. */
  readonly jvmArgs: readonly string[];
}

/**
 * Kafka's jars, and the class-data archive for this JVM where `makeArchive`
 * was able to make one: it runs a broker with the given JVM arguments once.
 */
export async function installKafka(
  version: string,
  makeArchive: (installation: KafkaInstallation) => Promise<void>,
): Promise<KafkaInstallation> {
  const java = await findJava();
  const jars = await jarsFromMaven(`kafka-${version}`, [
    `org.apache.kafka:kafka_2.13:${version}`,
    LOGGING,
  ]);
  // Named one by one and in order: an archive fits one exact class path.
  const classPath = (await readdir(jars))
    .filter((file) => file.endsWith(".jar"))
    .sort()
    .map((file) => join(jars, file))
    .join(":");
  const jvmArgs = [...QUICK_START, "-cp", classPath];
  const extras = await cached(`kafka-${version}-${java.fingerprint}`, async (folder) => {
    await writeFile(join(folder, "log4j2.xml"), LOG_CONFIG);
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
