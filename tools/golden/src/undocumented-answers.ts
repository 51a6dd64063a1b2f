import { type OpenApiDocument, undocumentedBy } from "@millrace/services";
import type { Stage } from "./play.ts";
import type { Answer, Case } from "./recording.ts";

/** What a worker of ours has answered, and its own OpenAPI document does not tell of. */
export async function undocumentedAnswers(
  cases: readonly Case[],
  answers: ReadonlyMap<string, Answer>,
  { connectors }: Stage,
): Promise<string[]> {
  const { body } = await connectors.get("/millrace/openapi.json");
  const undocumented = undocumentedBy(body as OpenApiDocument);
  return cases.flatMap(({ name, method, path }) => {
    const answer = answers.get(name);
    const problem = answer === undefined ? "" : undocumented(method, meant(path), answer);
    return problem === "" ? [] : [`${name}: ${problem}`];
  });
}

/** A path without the parameters that may follow each of its segments, which mean nothing here. */
function meant(path: string): string {
  const [plain = ""] = path.split("?", 1);
  return plain.replaceAll(/;[^/]*/g, "") + path.slice(plain.length);
}
