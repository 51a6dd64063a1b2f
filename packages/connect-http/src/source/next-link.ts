/**
 * The address of a `Link` header (RFC 8288) with `rel=next`; undefined when there is none.
 * Commas and semicolons within `<…>` and quotes belong to what they stand in.
 */
export function nextLink(header: string | undefined): string | undefined {
  const links = (header ?? "").matchAll(
    /<([^>]*)>((?:\s*;\s*[\w!#$%&'*+.^`|~-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)/g,
  );
  for (const [, target = "", parameters = ""] of links) {
    const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters);
    const relations = (relation?.[1] ?? relation?.[2] ?? "").toLowerCase().split(/\s+/);
    if (relations.includes("next")) return target.trim();
  }
  return undefined;
}
