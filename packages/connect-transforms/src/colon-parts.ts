/** The parts of a text such as `old:new`, split as Java does: empty ones at the end are none. */
export function colonParts(text: string): string[] {
  return text.replace(/:+$/, "").split(":");
}
