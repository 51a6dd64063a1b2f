/**
 * Shows that something slow goes on: on a terminal one line that is written
 * over, elsewhere a line at the start and one at the end. Goes to stderr, so
 * that stdout stays for what a command answers.
 */
export interface Progress {
  update(detail: string): void;
  done(): void;
}

export function startProgress(what: string): Progress {
  const startedAt = Date.now();
  const terminal = process.stderr.isTTY;
  const write = (text: string) =>
    process.stderr.write(terminal ? `\r\u001b[K${text}` : `${text}\n`);
  write(`${what} …`);
  return {
    update(detail) {
      if (terminal) write(`${what} … ${detail}`);
    },
    done() {
      write(`${what}: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
      if (terminal) process.stderr.write("\n");
    },
  };
}
