/** Of text that came from elsewhere: what could move the cursor, or hide something. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;

/** Text as a terminal may be given it. */
export function printable(text: string): string {
  return text.replaceAll(CONTROL, "\uFFFD");
}

/**
 * Lays out rows below a header, columns as wide as their content.
 * @returns lines, each with its end
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows].map((row) =>
    row.map((cell) => printable(cell).replaceAll(/[\n\t]/g, " ")),
  );
  const widths = header.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** Indents every line of a text. */
export function indent(text: string, by = "  "): string {
  return printable(text).replaceAll(/^(?=.)/gm, by);
}
