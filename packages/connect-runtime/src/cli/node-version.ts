const NEEDED = [22, 22] as const;

/** Ends the process with a clear message where Node is too old to run the worker at all. */
export function requireNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return;
  process.stderr.write(
    `Millrace needs Node ${NEEDED.join(".")} or newer; this is ${process.versions.node} (${process.execPath}).\n`,
  );
  process.exit(2);
}
