/** A name as Avro allows it, for one that it does not: other characters are percent-encoded, then made `_`. */
export function scrubName(name: string): string {
  const encoded = encodeURIComponent(name).replace(
    /[!'()*~]/g,
    (c) => `%${c.charCodeAt(0).toString(16)}`,
  );
  const begun = /^[A-Za-z_]/.test(encoded) ? encoded : `x${encoded}`;
  return begun.replace(/[^A-Za-z0-9_]/g, "_");
}

/** The same for each part of a name with a namespace. */
export function scrubFullName(name: string): string {
  return name.split(".").map(scrubName).join(".");
}
