import type { Family, Labels } from "./group.ts";

/** Version 0.0.4 of the text format, which every scraper takes. */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Values in Prometheus' text format.
 * @param context labels that every series gets, unless it has one of that name
 */
export function prometheusText(families: Iterable<Family>, context: Labels = {}): string {
  /** A subject's series share their labels: they are written once. */
  const written = new Map<Labels, string>();
  const textOf = (labels: Labels) => {
    let text = written.get(labels);
    if (text === undefined) written.set(labels, (text = labelText({ ...context, ...labels })));
    return text;
  };
  let all = "";
  for (const { name, kind, doc, series } of merged(families)) {
    all += `# HELP ${name} ${escaped(doc)}\n# TYPE ${name} ${kind}\n`;
    for (const { labels, value } of series)
      all += `${name}${textOf(labels)} ${numberText(value)}\n`;
  }
  return all;
}

/** All series of a name must stand together, also where several groups have some. */
function merged(families: Iterable<Family>): Iterable<Family> {
  const byName = new Map<string, Family>();
  for (const family of families) {
    const known = byName.get(family.name);
    byName.set(
      family.name,
      known === undefined ? family : { ...known, series: [...known.series, ...family.series] },
    );
  }
  return byName.values();
}

function labelText(labels: Labels): string {
  let text = "";
  for (const name in labels) {
    const value = escaped(labels[name]!).replaceAll('"', '\\"');
    text += `${text === "" ? "{" : ","}${name}="${value}"`;
  }
  return text === "" ? "" : `${text}}`;
}

function escaped(text: string): string {
  if (!text.includes("\\") && !text.includes("\n")) return text;
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
