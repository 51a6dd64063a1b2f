import { sendExactly } from "@millrace/services";
import type { Connectors } from "./connectors.ts";
import { type Answer, type Case, RECORDED_FOLDER } from "./recording.ts";

/** A worker that requests are sent to, and what is around it. */
export interface Stage {
  readonly url: string;
  readonly bootstrapServers: string;
  /** Where its connectors read and write; stands for the recorded worker's folder. */
  readonly folder: string;
  readonly connectors: Connectors;
}

/** What happens beside the requests, by the case before which it does. */
export type Interludes = Readonly<Record<string, (stage: Stage) => Promise<void>>>;

/** Sends all requests to a worker, in order, each when the ones before have had their effect. */
export async function play(
  cases: readonly Case[],
  interludes: Interludes,
  stage: Stage,
): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  for (const { name, method, path, body, headers } of cases) {
    await interludes[name]?.(stage);
    const answer = await ask(stage, method, path, body, headers);
    answers.set(name, answer);
    // What was meant to be refused must not stand in the way of the next.
    if (answer.status === 201 && (answer.body as { name: string }).name === "x") {
      await ask(stage, "DELETE", "/connectors/x");
    }
  }
  return answers;
}

/** One request, after whose effect this resolves. */
export async function ask(
  stage: Stage,
  method: string,
  path: string,
  body?: unknown,
  headers?: Case["headers"],
): Promise<Answer> {
  const sent = rewritten(body, RECORDED_FOLDER, stage.folder);
  const raw = await sendExactly(stage.url, method, path, sent, headers);
  const answer = { ...raw, body: rewritten(raw.body, stage.folder, RECORDED_FOLDER) };
  if (stage.connectors.note({ method, path }, answer)) {
    const state = (sent as { initial_state?: string } | undefined)?.initial_state;
    if (answer.status === 201 && state) {
      stage.connectors.start((answer.body as { name: string }).name, state.toUpperCase());
    }
    await stage.connectors.settled();
  }
  return answer;
}

/** A request between the cases. @throws {Error} when it is refused */
export async function asked(
  stage: Stage,
  method: string,
  path: string,
  body?: unknown,
): Promise<void> {
  const { status } = await ask(stage, method, path, body);
  if (status >= 300) throw new Error(`${method} ${path} between the cases: ${status}`);
}

/** A body with the name of one folder in the place of another. */
function rewritten<T>(body: T, from: string, to: string): T {
  if (body === undefined) return body;
  return JSON.parse(JSON.stringify(body).replaceAll(from, to)) as T;
}
