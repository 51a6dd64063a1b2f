/** A moment as Java's `ISO_DATE_TIME` writes it in UTC: only as many decimals as there are. */
export function isoText(ms: number): string {
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  if (Number.isNaN(year)) return String(ms); // beyond what a Date can hold
  const rest = date.toISOString().slice(-20, -5);
  const fraction = date.getUTCMilliseconds();
  const decimals = fraction === 0 ? "" : `.${String(fraction).padStart(3, "0").replace(/0+$/, "")}`;
  return `${yearText(year)}${rest}${decimals}Z`;
}

function yearText(year: number): string {
  const digits = String(Math.abs(year)).padStart(4, "0");
  if (year < 0) return `-${digits}`;
  return year > 9999 ? `+${digits}` : digits;
}
