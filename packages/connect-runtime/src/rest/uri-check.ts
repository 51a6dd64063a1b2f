/**
 * What the path of a request may not contain: it would mean one thing before decoding and
 * another after it. Jetty, the Java worker's server, refuses the same with 400.
 * @returns what is wrong
 */
export function pathProblem(url: string): string | undefined {
  const path = url.split("?", 1)[0]!;
  if (/\/\//.test(path)) return "Ambiguous URI empty segment";
  if (/%2f/i.test(path)) return "Ambiguous URI path separator";
  if (/%25/.test(path)) return "Ambiguous URI path encoding";
  if (path.split("/").some(isEncodedDots)) return "Ambiguous URI path segment";
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return "Bad URI encoding";
  }
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return /[\u0000-\u001f\u007f\\]/.test(decoded) ? "Suspicious URI path character" : undefined;
}

function isEncodedDots(segment: string): boolean {
  return /%2e/i.test(segment) && /^\.{1,2}$/.test(segment.replaceAll(/%2e/gi, "."));
}
