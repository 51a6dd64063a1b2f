import { spawn, type ChildProcess } from "node:child_process";
import type { Socket } from "node:net";

/**
 * Reads lines that each hold all process ids and folders to end with; when its
 * input closes, because this process ended in whatever way, it kills the
 * process groups, and removes the folders, of the last line.
 */
const WATCH = String.raw`
while IFS= read -r line; do last=$line; done
eval "set -- $last"
for what do case $what in /*) ;; *) kill -s KILL -- "-$what" 2>/dev/null ;; esac; done
for what do case $what in /*) rm -rf -- "$what" ;; esac; done
`;

/** What must not outlive this process: process ids and folders. */
const doomed = new Set<number | string>();
let watcher: ChildProcess | undefined;

/**
 * Has a process and its group killed, or a folder removed, when this process ends without
 * having done so: by Ctrl-C, an uncaught error or SIGKILL alike. A small shell
 * watches us through a pipe, which the system closes whatever happens.
 */
export function endWithUs(what: number | string): void {
  doomed.add(what);
  tellWatcher();
}

/** Takes back `endWithUs`, when the process has ended or the folder is gone. */
export function noLongerOurs(what: number | string): void {
  if (doomed.delete(what)) tellWatcher();
}

function tellWatcher(): void {
  watcher ??= startWatcher();
  const words = [...doomed].map((what) => `'${String(what).replaceAll("'", String.raw`'\''`)}'`);
  watcher.stdin?.write(`${words.join(" ")}\n`);
}

function startWatcher(): ChildProcess {
  // detached: a session of its own, so that Ctrl-C does not reach it.
  const child = spawn("/bin/sh", ["-c", WATCH], {
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  // Neither the watcher nor its pipe keeps this process alive.
  child.unref();
  (child.stdin as Socket).unref();
  return child;
}
