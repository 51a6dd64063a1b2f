import { startKafka } from "@millrace/services";
import type { Deviation } from "./deviations.ts";
import { DEVIATIONS } from "./deviations.ts";
import { judge, sharedPlugins, unknownCases } from "./judge.ts";
import { MORE } from "./more/more.ts";
import { play } from "./play.ts";
import { type Answer, type Case, readRecording } from "./recording.ts";
import type { Comparison } from "./report.ts";
import { REST } from "./scenes/rest.ts";
import { openStage, type Side } from "./stage.ts";
import { undocumentedAnswers } from "./undocumented-answers.ts";

const PLUGINS = "plugins-all";

/**
 * Asks a Java worker and one of ours the same, each in a cluster of its own: what is recorded
 * and more.
 */
export async function compareWithJava(): Promise<Comparison> {
  const cases = [...readRecording(REST.name), ...MORE];
  const deviations: Deviation[] = [...DEVIATIONS[REST.name]!, ...DEVIATIONS["java"]!];
  const unknown = unknownCases(cases, deviations);
  if (unknown.length > 0) throw new Error(`There are no cases ${unknown.join(", ")}`);
  const [{ answers: theirs }, { answers: ours, undocumented }] = await Promise.all([
    answersOf("java", cases),
    answersOf("ours", cases),
  ]);
  const shared = sharedPlugins(theirs.get(PLUGINS)!.body, ours.get(PLUGINS)!.body);
  // Some of them show as the two clocks happen to go.
  return { verdicts: judge(cases, theirs, ours, shared, deviations, false), undocumented };
}

interface Answers {
  readonly answers: ReadonlyMap<string, Answer>;
  readonly undocumented: readonly string[];
}

async function answersOf(side: Side, cases: readonly Case[]): Promise<Answers> {
  await using kafka = await startKafka();
  await using stage = await openStage(REST, side, kafka.bootstrapServers);
  const answers = await play(cases, REST.interludes, stage);
  const undocumented = side === "ours" ? await undocumentedAnswers(cases, answers, stage) : [];
  return { answers, undocumented };
}
