/** What Java calls things in English. */
export const MONTHS: readonly string[] = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

export const WEEKDAYS: readonly string[] = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];

export const ERAS: readonly string[] = ["BC", "AD"];
export const HALVES: readonly string[] = ["AM", "PM"];
export const UTC_NAMES: readonly string[] = [
  "Coordinated Universal Time",
  "Greenwich Mean Time",
  "UTC",
  "GMT",
];

export function short(name: string): string {
  return name.slice(0, 3);
}
