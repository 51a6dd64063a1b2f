/** Whom a value is about: label names and texts. */
export type Labels = Readonly<Record<string, string>>;

/** Counters only go up, and begin anew with what they are about; gauges say how it is. */
export type Kind = "counter" | "gauge";

/** One number that is measured of each subject of a group. */
export interface Attribute<S> {
  readonly kind: Kind;
  /** What it says, in words, with its unit. */
  readonly doc: string;
  /** Undefined where there is nothing to say: the series is left out. */
  readonly value: (subject: S) => number | undefined;
}

/** A text that is known of each subject: all of a group's are labels of one series. */
export interface TextAttribute<S> {
  readonly doc: string;
  readonly value: (subject: S) => string | undefined;
}

/**
 * What is measured of one kind of subjects: an MBean of Java's, or something of our own.
 * From this table values are collected, and docs/metrics.md is written.
 */
export interface Group<S> {
  /** Begins the names of its metrics. */
  readonly name: string;
  /** `type=` of Java's MBean. */
  readonly javaType?: string;
  /** Of that MBean: `kafka.connect`, or that of a client. */
  readonly javaDomain?: JavaDomain;
  readonly doc: string;
  readonly labels: Readonly<Record<string, (subject: S) => string>>;
  readonly texts?: Readonly<Record<string, TextAttribute<S>>>;
  readonly attributes: Readonly<Record<string, Attribute<S>>>;
}

export type JavaDomain = "kafka.connect" | "kafka.producer" | "kafka.consumer";

export interface Series {
  readonly labels: Labels;
  readonly value: number;
}

/** All values of one name. */
export interface Family {
  readonly name: string;
  readonly kind: Kind;
  readonly doc: string;
  readonly series: readonly Series[];
}

/** A group of Java's: its names are those that the JMX exporter makes of an MBean by itself. */
export function javaGroup<S>(
  javaType: string,
  group: Omit<Group<S>, "name" | "javaType" | "javaDomain">,
  javaDomain: JavaDomain = "kafka.connect",
): Group<S> {
  const name = `${javaDomain.replace(".", "_")}_${underscored(javaType)}`;
  return { ...group, javaType, javaDomain, name };
}

export function counter<S>(doc: string, value: Attribute<S>["value"]): Attribute<S> {
  return { kind: "counter", doc, value };
}

export function gauge<S>(doc: string, value: Attribute<S>["value"]): Attribute<S> {
  return { kind: "gauge", doc, value };
}

export function text<S>(doc: string, value: TextAttribute<S>["value"]): TextAttribute<S> {
  return { doc, value };
}

/** The name of an attribute's metric, or of a text's label. */
export function metricName(group: Pick<Group<never>, "name">, attribute: string): string {
  return `${group.name}_${underscored(attribute)}`;
}

export function underscored(name: string): string {
  return name.replaceAll("-", "_");
}

/** The values of a group, as they are now. A thousand tasks have forty of them each: no list is made in vain. */
export function familiesOf<S>(group: Group<S>, subjects: readonly S[]): Family[] {
  if (subjects.length === 0) return [];
  const labels = subjects.map((subject) => labelsOf(group, subject));
  const families: Family[] = [];
  const { texts } = group;
  if (texts !== undefined) {
    const series = subjects.map((subject, i) => ({
      labels: withTexts(labels[i]!, texts, subject),
      value: 1,
    }));
    families.push({ name: group.name, kind: "gauge", doc: group.doc, series });
  }
  for (const [name, { kind, doc, value }] of Object.entries(group.attributes)) {
    const series: Series[] = [];
    for (const [i, subject] of subjects.entries()) {
      const measured = value(subject);
      if (measured !== undefined) series.push({ labels: labels[i]!, value: measured });
    }
    if (series.length > 0) families.push({ name: metricName(group, name), kind, doc, series });
  }
  return families;
}

function labelsOf<S>(group: Group<S>, subject: S): Labels {
  const labels: Record<string, string> = {};
  for (const name in group.labels) labels[name] = group.labels[name]!(subject);
  return labels;
}

function withTexts<S>(own: Labels, texts: NonNullable<Group<S>["texts"]>, subject: S): Labels {
  const labels: Record<string, string> = { ...own };
  for (const name in texts) {
    const known = texts[name]!.value(subject);
    if (known !== undefined) labels[underscored(name)] = known;
  }
  return labels;
}
