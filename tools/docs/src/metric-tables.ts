import { METRIC_GROUPS, metricName, type MetricGroup } from "@millrace/connect-runtime";

/** All metrics of the worker, a table for each group. */
export function metricTables(): string {
  const groups: readonly MetricGroup<never>[] = METRIC_GROUPS;
  return groups.map(section).join("\n");
}

function section(group: MetricGroup<never>): string {
  const labels = Object.keys(group.labels);
  const texts = Object.entries(group.texts ?? {});
  const attributes = Object.entries(group.attributes);
  const lines = [`### ${title(group)}`, "", `${group.doc}${labelled(labels)}`, ""];
  if (texts.length > 0) {
    lines.push(
      `\`${group.name}\` is 1, and has these labels besides:`,
      "",
      "| label | |",
      "|---|---|",
    );
    for (const [name, { doc }] of texts) lines.push(`| \`${underscored(name)}\` | ${doc} |`);
    lines.push("");
  }
  if (attributes.length > 0) {
    lines.push("| metric | kind | |", "|---|---|---|");
    for (const [name, { kind, doc }] of attributes) {
      lines.push(`| \`${metricName(group, name)}\` | ${kind} | ${doc} |`);
    }
    lines.push("");
  }
  return lines.join("\n");
}

function title({ javaDomain, javaType, name, labels }: MetricGroup<never>): string {
  if (javaDomain === undefined || javaType === undefined) return `${name}_*`;
  const keys = Object.keys(labels).map((label) => `,${label.replace("_", "-")}=…`);
  return `${javaDomain}:type=${javaType}${keys.join("")}`;
}

function labelled(labels: readonly string[]): string {
  if (labels.length === 0) return "";
  return ` Labels: ${labels.map((label) => `\`${label}\``).join(", ")}.`;
}

function underscored(name: string): string {
  return name.replaceAll("-", "_");
}
