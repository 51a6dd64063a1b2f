/** Series of a text in Prometheus' format by name and labels, as they are written. */
export class Scrape {
  readonly #values = new Map<string, number>();

  constructor(text: string) {
    for (const line of text.split("\n")) {
      if (line === "" || line.startsWith("#")) continue;
      const end = line.lastIndexOf(" ");
      this.#values.set(line.slice(0, end), Number(line.slice(end + 1)));
    }
  }

  /** @param series as `name{label="value"}` */
  value(series: string): number | undefined {
    return this.#values.get(series);
  }

  get series(): string[] {
    return [...this.#values.keys()];
  }

  /** Names without labels. */
  get names(): Set<string> {
    return new Set(this.series.map((series) => series.replace(/\{.*/, "")));
  }

  /** The books of a task: its records by fate. */
  records(connector: string, task = 0): Record<string, number> {
    const fates = ["read", "written", "filtered", "skipped", "dead_lettered", "held"];
    return Object.fromEntries(
      fates.map((fate) => [
        fate,
        this.value(
          `millrace_task_records{connector="${connector}",task="${task}",fate="${fate}"}`,
        ) ?? NaN,
      ]),
    );
  }
}
