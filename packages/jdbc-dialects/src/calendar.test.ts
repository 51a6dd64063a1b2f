import { expect, test } from "vitest";
import { legacyShiftDays } from "./calendar.ts";

const day = (text: string) => Date.parse(`${text}T00:00Z`) / 86_400_000;

// Java: new java.sql.Date(GregorianCalendar(y, m, d).getTimeInMillis()) against LocalDate.toEpochDay().
test.each([
  ["1582-10-15", 0],
  ["2024-02-29", 0],
  ["1582-10-14", 10],
  ["1582-10-05", 10],
  ["1500-03-01", 10],
  ["1500-02-28", 9],
  ["1000-06-15", 6],
  ["0300-03-01", 1],
  ["0200-03-01", 0],
  ["0001-01-01", -2],
])("%s lies %d days later in the legacy reading", (date, shift) => {
  expect(legacyShiftDays(day(date))).toBe(shift);
});

test("years before 1 have a shift as well", () => {
  expect(legacyShiftDays(day("-000043-03-15"))).toBe(-2);
});
