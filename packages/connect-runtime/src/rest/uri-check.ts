import type { Call } from "./api/api.ts";

const INTERNAL_CALLS: readonly Call[] = [
  "POST /connectors/:name/tasks",
  "PUT /connectors/:name/fence",
];
/** Requests of workers to each other, known before they are routed. */
const INTERNAL = INTERNAL_CALLS.map((call) => new RegExp(`^${call.replaceAll(/:\w+/g, "[^/]+")}$`));

/** Whether it is one that only workers send to each other. */
export function isInternal(method: string, url: string): boolean {
  const call = `${method} ${url.split("?", 1)[0]!}`;
  return INTERNAL.some((pattern) => pattern.test(call));
}

/** What cannot even be read, so that nothing is known of it. */
export const NO_REQUEST = "Bad Request";

/**
 * What the path of a request may not contain: it would mean one thing before decoding and
 * another after it. Jetty, the Java worker's server, refuses the same with 400. Other workers
 * may, since the connectors they have can have any name.
 * @returns what is wrong
 */
export function pathProblem(method: string, url: string): string | undefined {
  if (isInternal(method, url)) return undefined;
  const path = url.split("?", 1)[0]!;
  if (/%(?![\da-f]{2})|%00/i.test(path)) return NO_REQUEST;
  if (/["<>[\]^`{|}]/.test(path)) return "Illegal Path Character";
  if (/\/\//.test(path)) return "Ambiguous URI empty segment";
  if (/%2f/i.test(path)) return "Ambiguous URI path separator";
  if (/%25/.test(path)) return "Ambiguous URI path encoding";
  if (path.split("/").some(isEncodedDots)) return "Ambiguous URI path segment";
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return "Bad UTF-8 encoding";
  }
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return /[\u0000-\u001f\u007f\\]/.test(decoded) ? "Suspicious Path Character" : undefined;
}

function isEncodedDots(segment: string): boolean {
  return /%2e/i.test(segment) && /^\.{1,2}$/.test(segment.replaceAll(/%2e/gi, "."));
}

/**
 * A URL without what means nothing here: parameters that may follow each segment of its path, and
 * a fragment.
 */
export function meant(url: string): string {
  const [whole] = url.split("#", 1);
  const [path] = whole!.split("?", 1);
  return path!.replaceAll(/;[^/]*/g, "") + whole!.slice(path!.length);
}
