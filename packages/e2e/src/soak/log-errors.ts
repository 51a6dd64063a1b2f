/** One kind of line in a log, numbers and ids left out. */
export interface LogError {
  readonly text: string;
  readonly count: number;
}

/** What no worker may ever print as an error or besides its log, whatever happens to it. */
const UNHANDLED =
  /unhandled|uncaught|\bTypeError\b|\bReferenceError\b|\bRangeError\b|NullPointerException|out of memory|^Fatal|^ *throw /i;

/** Lines of errors, each kind once with how often it came, the most frequent first. */
export function logErrors(log: string): LogError[] {
  const counts = new Map<string, number>();
  for (const line of log.split("\n")) {
    const text = errorText(line);
    if (text !== undefined) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => ({ text, count })).sort((a, b) => b.count - a.count);
}

/** Lines that tell of a defect of the worker, where others may only tell of an outage. */
export function unhandled(log: string): string[] {
  return log.split("\n").filter((line) => {
    const isEntry = line.startsWith("{") || JAVA_ENTRY.test(line);
    return UNHANDLED.test(line) && (!isEntry || errorText(line) !== undefined);
  });
}

const JAVA_ENTRY = /^\[[^\]]+\] ([A-Z]+) (.*)$/;

/** Of an error in our worker's JSON lines, or in Java's `[time] ERROR text`. */
function errorText(line: string): string | undefined {
  const [, level, msg] = JAVA_ENTRY.exec(line) ?? [];
  const entry = line.startsWith("{") ? parse(line) : { level, msg };
  if (!/^(error|fatal)$/i.test(entry?.level ?? "")) return undefined;
  return generalised(entry?.msg ?? "");
}

function parse(line: string): { level?: string; msg?: string } | undefined {
  try {
    return JSON.parse(line) as { level?: string; msg?: string };
  } catch {
    return undefined; // cut by a kill
  }
}

function generalised(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID")
    .replaceAll(/\d+/g, "N")
    .slice(0, 200);
}
