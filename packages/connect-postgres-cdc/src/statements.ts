/** `database.initial.statements`: separated by semicolons, `;;` stands for one. */
export function splitStatements(text: string | null): string[] {
  if (text === null) return [];
  return text
    .split(/(?<!;);(?!;)/)
    .map((statement) => statement.replaceAll(";;", ";").trim())
    .filter((statement) => statement !== "");
}
