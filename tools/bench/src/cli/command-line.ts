/** What was typed, as it can be repeated elsewhere: without folders of this machine. */
export function commandLine(args: readonly string[] = process.argv.slice(2)): string {
  const kept: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--out" || arg === "-o") i++;
    else if (!arg.startsWith("--out=") && arg !== "--write" && arg !== "--") kept.push(arg);
  }
  return ["pnpm bench", ...kept].join(" ");
}
