/** How the figures of one kind are written. */
export interface Unit {
  readonly name: string;
  readonly digits: number;
}

export const UNITS = {
  rate: { name: "records/s", digits: 0 },
  cpu: { name: "CPU µs/record", digits: 2 },
  rss: { name: "peak RSS MB", digits: 0 },
  up: { name: "s to GET /", digits: 2 },
  idleRss: { name: "idle RSS MB", digits: 0 },
} as const satisfies Record<string, Unit>;

export type UnitName = keyof typeof UNITS;

/** With commas between thousands, whatever the machine's language. */
export function formatNumber(value: number, digits: number): string {
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
