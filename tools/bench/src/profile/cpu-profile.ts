/** The parts of a .cpuprofile file that count here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Which node was on top of the stack at each sample. */
  readonly samples: readonly number[];
  /** Microseconds from the sample before, or from the start, to each sample. */
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    /** From 0. */
    readonly lineNumber: number;
  };
}

/** Self time of a thread, in milliseconds. */
export interface ThreadTimes {
  readonly totalMs: number;
  readonly idleMs: number;
  /** The largest first. */
  readonly functions: readonly Share[];
  readonly packages: readonly Share[];
}

export interface Share {
  readonly name: string;
  readonly ms: number;
}

const IDLE = "(idle)";

/** Adds up what the samples say. V8 charges a sample's time to the node that it found on top. */
export function aggregate({ nodes, samples, timeDeltas }: CpuProfile): ThreadTimes {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const functions = new Map<string, number>();
  const packages = new Map<string, number>();
  let total = 0;
  let idle = 0;
  samples.forEach((id, index) => {
    const node = byId.get(id);
    const ms = Math.max(0, timeDeltas[index] ?? 0) / 1000;
    if (node === undefined) return;
    total += ms;
    if (node.callFrame.functionName === IDLE) idle += ms;
    else {
      add(functions, describe(node), ms);
      add(packages, packageOf(node), ms);
    }
  });
  return {
    totalMs: total,
    idleMs: idle,
    functions: largestFirst(functions),
    packages: largestFirst(packages),
  };
}

function add(times: Map<string, number>, name: string, ms: number): void {
  times.set(name, (times.get(name) ?? 0) + ms);
}

function largestFirst(times: Map<string, number>): Share[] {
  return Array.from(times, ([name, ms]) => ({ name, ms })).sort((a, b) => b.ms - a.ms);
}

function describe({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const name = functionName || "(anonymous)";
  if (url === "") return name;
  const file = url.startsWith("node:") ? url : url.split("/").slice(-2).join("/");
  return `${name}  ${file}:${lineNumber + 1}`;
}

/** Which part of the worker a function belongs to. */
export function packageOf({ callFrame: { functionName, url } }: ProfileNode): string {
  if (functionName === "(garbage collector)") return "gc";
  if (url.startsWith("node:")) return "node internals";
  if (url.startsWith("wasm:")) return "wasm";
  const dependency = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  const own = /\/(?:packages|tools)\/((?:bench\/plugins)|[^/]+)\//.exec(url)?.[1];
  if (own !== undefined) return own;
  // "(program)" is what V8 saw of neither script nor collector: native code, the kernel.
  return functionName === "(program)" ? "native" : url === "" ? "v8 builtins" : "other";
}
