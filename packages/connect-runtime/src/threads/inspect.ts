import { type NodeWorker, Session } from "node:inspector";
import { setTimeout as delay } from "node:timers/promises";
import { CONTEXT_KEY, type UnitContext } from "./unit-context.ts";

/** What a thread was doing when it was looked at. */
export interface Activity {
  /** Undefined: the runtime's own code, or nothing at all. */
  readonly context: UnitContext | undefined;
  /** Lines that begin with `at`, the innermost first. */
  readonly stack: readonly string[];
}

const SOURCE = "millrace-inspect";
const FRAMES = 50;

/**
 * V8 evaluates it inside its next interrupt check, so it sees the stack of the code that
 * was interrupted. A plugin's own settings for stacks are put aside meanwhile.
 */
const LOOK = `(() => {
  const { stackTraceLimit, prepareStackTrace } = Error;
  const here = {};
  try {
    Error.stackTraceLimit = ${FRAMES};
    Error.prepareStackTrace = undefined;
    Error.captureStackTrace(here);
    return { stack: String(here.stack), context: globalThis[Symbol.for("${CONTEXT_KEY}")]?.() };
  } finally {
    Object.assign(Error, { stackTraceLimit, prepareStackTrace });
  }
})()
//# sourceURL=${SOURCE}`;

interface Looked {
  readonly stack: string;
  readonly context?: UnitContext;
}

/**
 * Finds out what a worker thread is doing, also inside an endless loop, a regular
 * expression that does not end, or `Atomics.wait`. The thread is not paused: one that is
 * could no longer be ended.
 * @param name of the thread, unique in the process
 * @returns undefined where it does not answer in time, because it is in a native call, or
 *   cannot tell
 */
export function inspectThread(name: string, limitMs: number): Promise<Activity | undefined> {
  return withThread(name, limitMs, async (ask) => {
    const answer = await ask("Runtime.evaluate", { expression: LOOK, returnByValue: true });
    const { value } = (answer as { result?: { value?: Looked } } | undefined)?.result ?? {};
    return value && { context: value.context, stack: pluginFrames(value.stack) };
  });
}

/**
 * Frees what nothing in a thread refers to any more. Answered when the thread's event
 * loop turns, so never by one that stands still.
 * @returns whether it was done in time
 */
export async function collectGarbage(name: string, limitMs: number): Promise<boolean> {
  const answer = await withThread(name, limitMs, (ask) => ask("HeapProfiler.collectGarbage"));
  return answer !== undefined;
}

type Ask = (method: string, params?: object) => Promise<unknown>;

/** Opens an inspector session to one thread for one purpose; it is closed whatever happens. */
async function withThread<T>(
  name: string,
  limitMs: number,
  use: (ask: Ask) => Promise<T>,
): Promise<T | undefined> {
  const session = new Session();
  const limit = new AbortController();
  try {
    session.connect();
    const late = delay(limitMs, undefined, { signal: limit.signal, ref: false }).catch(
      () => undefined,
    );
    return await Promise.race([attached(session, name).then((ask) => use(ask)), late]);
  } catch {
    // A Node without inspector, or a thread that ends meanwhile: it is judged without.
    return undefined;
  } finally {
    limit.abort();
    session.disconnect();
  }
}

/** Never resolves for a thread that does not exist: the caller's limit ends the wait. */
function attached(session: Session, name: string): Promise<Ask> {
  const waiting = new Map<number, (result: unknown) => void>();
  let calls = 0;
  return new Promise((resolve, reject) => {
    session.on("NodeWorker.receivedMessageFromWorker", ({ params }) => {
      const { id, result } = JSON.parse(params.message) as { id?: number; result?: unknown };
      if (id !== undefined) waiting.get(id)?.(result);
    });
    session.on("NodeWorker.attachedToWorker", ({ params }) => {
      if (isNamed(params.workerInfo, name)) resolve(asking(params.sessionId));
    });
    session.post("NodeWorker.enable", { waitForDebuggerOnStart: false }, (error) => {
      if (error) reject(error);
    });
  });

  function asking(sessionId: string): Ask {
    return (method, params) =>
      new Promise((resolve, reject) => {
        const id = ++calls;
        waiting.set(id, resolve);
        const message = JSON.stringify({ id, method, params });
        session.post("NodeWorker.sendMessageToWorker", { sessionId, message }, (error) => {
          if (error) reject(error);
        });
      });
  }
}

/** Titles are `[worker 7] name`. */
function isNamed({ title }: NodeWorker.WorkerInfo, name: string): boolean {
  return title.endsWith(`] ${name}`);
}

function pluginFrames(stack: string): string[] {
  return stack
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("at ") && !line.includes(SOURCE));
}
