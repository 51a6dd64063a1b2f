import { ConnectError } from "@millrace/connect-api";

/** What happens to a fault; may throw to the one who committed it, or end the thread. */
export interface FaultHandlers {
  /** Plugin code asks for the end of the process. */
  readonly onExit: (error: Error, exit: () => void) => void;
  /** Something was thrown or rejected that nobody catches. */
  readonly onUncaught: (error: Error, exit: () => void) => void;
}

/**
 * Keeps the plugins of a worker thread from ending the process or, unseen, the thread:
 * what would do it is handed to the handlers instead. `process.abort` is refused to
 * worker threads by Node, and `process.exitCode` means nothing there.
 */
export function containFaults({ onExit, onUncaught }: FaultHandlers): void {
  const exit = process.exit.bind(process);
  const kill = process.kill.bind(process);
  process.exit = (code) => {
    onExit(new ConnectError(`The plugin called process.exit(${code ?? ""})`), () => exit(code));
    // The handler throws to the plugin, or ends the thread: a call never comes back.
    return exit(code);
  };
  process.kill = (pid, signal) => {
    if (signal === 0 || !meansUs(pid)) return kill(pid, signal);
    throw new ConnectError(
      `The plugin called process.kill on the worker's own process, with ${signal ?? "SIGTERM"}`,
    );
  };
  process.on("uncaughtException", (error) =>
    onUncaught(
      new ConnectError("The plugin threw where nobody could catch it: in a timer or an event", {
        cause: error,
      }),
      () => exit(1),
    ),
  );
  process.on("unhandledRejection", (reason) =>
    onUncaught(
      new ConnectError("The plugin left a rejected promise unhandled", { cause: reason }),
      () => exit(1),
    ),
  );
}

/** This process, the group it is in, or, as 0 and -1 do, both. */
function meansUs(pid: number): boolean {
  return pid === process.pid || pid === 0 || pid === -1 || pid === -process.pid;
}
