import { DEVIATIONS } from "./deviations.ts";
import { judge, sharedPlugins, unknownCases } from "./judge.ts";
import { play } from "./play.ts";
import { type Answer, type Case, readRecording } from "./recording.ts";
import type { Comparison } from "./report.ts";
import type { Scene } from "./scenes/scene.ts";
import { openStage } from "./stage.ts";
import { undocumentedAnswers } from "./undocumented-answers.ts";

const ALL_PLUGINS = "/connector-plugins?connectorsOnly=false";

/**
 * Sends a recording's requests to a worker of ours, and compares its answers with the recorded
 * ones, save those that were kept back, and all with its OpenAPI document.
 */
export async function compareWithRecording(
  scene: Scene,
  bootstrapServers: string,
): Promise<Comparison> {
  const cases = readRecording(scene.name);
  const deviations = DEVIATIONS[scene.name] ?? [];
  const unknown = unknownCases(cases, deviations);
  if (unknown.length > 0) throw new Error(`There are no cases ${unknown.join(", ")}`);
  await using stage = await openStage(scene, "ours", bootstrapServers);
  const { body: plugins } = await stage.connectors.get(ALL_PLUGINS);
  const answers = await play(cases, scene.interludes, stage);
  const shared = sharedPlugins(recordedPlugins(), plugins);
  return {
    verdicts: judge(cases, recorded(cases), answers, shared, deviations),
    undocumented: await undocumentedAnswers(cases, answers, stage),
  };
}

function recorded(cases: readonly Case[]): Map<string, Answer> {
  return new Map(
    cases.flatMap(({ name, response }) => (response === undefined ? [] : [[name, response]])),
  );
}

/** The plugins that the recorded workers had. */
function recordedPlugins(): unknown {
  return readRecording("rest").find(({ path }) => path === ALL_PLUGINS)?.response?.body;
}
