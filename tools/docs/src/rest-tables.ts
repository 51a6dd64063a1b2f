import {
  type JsonSchema,
  type RestAnswer,
  type RestMethod,
  type RestOperation,
  restOperations,
} from "@millrace/connect-runtime";

const GROUPS: readonly (readonly [title: string, begins: RegExp])[] = [
  ["Worker", /^\/(health|metrics)?$/],
  ["Connectors", /^\/connectors/],
  ["Plugins", /^\/connector-plugins/],
  ["Log levels", /^\/admin/],
  ["Beyond Kafka Connect", /^\/millrace/],
];

/** All calls of the REST API, as the table in the code tells of them. */
export function restTables(): string {
  const all = [...restOperations()];
  const untold = all.find(({ path }) => !GROUPS.some(([, begins]) => begins.test(path)));
  if (untold !== undefined) throw new Error(`No group of GROUPS has ${untold.path}`);
  return GROUPS.map(([title, begins]) =>
    [
      `## ${title}`,
      "",
      ...all.filter(({ path }) => begins.test(path)).map((one) => section(one)),
    ].join("\n"),
  ).join("\n");
}

function section({
  path,
  method,
  operation,
}: {
  readonly path: string;
  readonly method: RestMethod;
  readonly operation: RestOperation;
}): string {
  const { summary, description, query = {}, headers = {}, body, answers } = operation;
  const lines = [`### ${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`, "", `${summary}.`, ""];
  if (description !== undefined) lines.push(description, "");
  const parameters = [
    ...Object.entries(query).map(([name, one]) => [`?${name}`, one] as const),
    ...Object.entries(headers).map(([name, one]) => [`header ${name}`, one] as const),
  ];
  if (parameters.length > 0) {
    lines.push("| parameter | |", "|---|---|");
    for (const [name, parameter] of parameters) {
      lines.push(`| \`${name}\` | ${parameter.description}${choices(parameter.schema)} |`);
    }
    lines.push("");
  }
  if (body !== undefined) lines.push(`Body: ${body.description}${typeOf(body.schema)}`, "");
  lines.push("| answer | |", "|---|---|");
  for (const [status, answer] of Object.entries<RestAnswer>(answers)) {
    lines.push(`| ${status} | ${answer.description}${bodyOf(answer)} |`);
  }
  lines.push("");
  return lines.join("\n");
}

/** Values that can be chosen, bounds, the default. */
function choices({ enum: values, minimum, maximum, default: otherwise }: JsonSchema): string {
  const parts = [
    ...(Array.isArray(values) ? [values.map((value) => `\`${String(value)}\``).join(", ")] : []),
    ...(minimum === undefined ? [] : [`${JSON.stringify(minimum)} to ${JSON.stringify(maximum)}`]),
    ...(otherwise === undefined
      ? []
      : [`default \`${typeof otherwise === "string" ? otherwise : JSON.stringify(otherwise)}\``]),
  ];
  return parts.length === 0 ? "" : ` (${parts.join("; ")})`;
}

function bodyOf({ content = {} }: RestAnswer): string {
  const schema = content["application/json"];
  const streams = "text/event-stream" in content ? ", or a stream of server-sent events" : "";
  return schema === undefined ? "" : `${typeOf(schema)}${streams}`;
}

/** The component's name, or what it is a list of; nothing for what is spelled out. */
function typeOf(schema: JsonSchema): string {
  const name = nameOf(schema);
  return name === undefined || name === "Error" ? "" : ` \`${name}\``;
}

function nameOf({ $ref, items, anyOf, properties }: JsonSchema): string | undefined {
  if (typeof $ref === "string") return $ref.slice($ref.lastIndexOf("/") + 1);
  if (typeof items === "object" && items !== null) {
    const inner = nameOf(items as JsonSchema);
    return inner && `[${inner}]`;
  }
  if (Array.isArray(anyOf)) {
    const names = anyOf.map((one) => nameOf(one as JsonSchema)).filter(Boolean);
    return names.length === 0 ? undefined : names.join(" or ");
  }
  if (typeof properties === "object" && properties !== null) {
    const fields = Object.entries(properties as Record<string, JsonSchema>).map(
      ([field, inner]) => `${field}: ${nameOf(inner) ?? String(inner["type"])}`,
    );
    return `{${fields.join(", ")}}`;
  }
  return undefined;
}
