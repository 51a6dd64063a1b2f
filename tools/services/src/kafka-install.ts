import { installJavaProgram, type JavaProgram } from "./java-program.ts";

/** Kafka's own, for a broker that is to keep up with what is measured. */
export const UNDER_LOAD = ["-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"];

/** The broker of one Kafka version; see `installJavaProgram`. */
export function installKafka(
  version: string,
  makeArchive: (installation: JavaProgram) => Promise<void>,
): Promise<JavaProgram> {
  const source = {
    name: `kafka-${version}`,
    artifacts: [`org.apache.kafka:kafka_2.13:${version}`],
    // Has the line that says a broker has started.
    loggers: { "kafka.server.KafkaRaftServer": "info" },
  };
  return installJavaProgram(source, makeArchive);
}
