/** What may follow the FROM of a SELECT and would stand in the way of a WHERE behind it. */
const TAIL: ReadonlySet<string> = new Set([
  "WHERE",
  "GROUP",
  "HAVING",
  "ORDER",
  "LIMIT",
  "OFFSET",
  "FETCH",
  "FOR",
  "UNION",
  "INTERSECT",
  "EXCEPT",
  "MINUS",
  "WINDOW",
  "QUALIFY",
  "CONNECT",
  "START",
]);

/** Texts, quoted names and comments, whose words are none of the query's, and brackets. */
const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|[()]|[A-Za-z_][\w$]*/g;

/**
 * Whether the outer SELECT of a query has more than a FROM, so that a condition cannot
 * simply be appended to it. What it is unsure of counts as more: the query is then taken
 * as a whole.
 */
export function hasTail(query: string): boolean {
  let depth = 0;
  for (const [token] of query.matchAll(TOKEN)) {
    if (token === "(") depth += 1;
    else if (token === ")") depth -= 1;
    else if (token.startsWith("--")) return true;
    else if (depth === 0 && TAIL.has(token.toUpperCase())) return true;
  }
  return false;
}
