/** What a reader of a tutorial does, in order. */
export type Step =
  | { readonly kind: "write"; readonly path: string; readonly text: string }
  | {
      readonly kind: "run";
      readonly text: string;
      /** retry: until it succeeds and says what is expected. */
      readonly mode: "once" | "retry" | "background";
      /** Lines that the output must have in it. */
      readonly output: string[];
    };

const FENCE = /^```(\w*)(?: (.+))?\n([\s\S]*?)^```$/gm;

/**
 * Reads a tutorial's fences: ` ```sh ` is run, ` ```sh background ` stays running,
 * ` ```sh retry ` is repeated until it has succeeded; ` ```json output ` is what the command
 * before it must have said; ` ```ts src/a.ts ` is written into that file. One without a
 * language is only shown.
 */
export function stepsOf(markdown: string): Step[] {
  const steps: Step[] = [];
  for (const [, language = "", info = "", text = ""] of markdown.matchAll(FENCE)) {
    if (language === "sh") {
      const mode = info === "retry" || info === "background" ? info : "once";
      steps.push({ kind: "run", text, mode, output: [] });
    } else if (info === "output") {
      const last = steps.at(-1);
      if (last?.kind !== "run") throw new Error(`There is no command before the output ${text}`);
      last.output.push(...text.trim().split("\n"));
    } else if (info !== "") steps.push({ kind: "write", path: info, text });
  }
  return steps;
}
