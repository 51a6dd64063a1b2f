import { setFlagsFromString } from "node:v8";

/**
 * V8 of Node 24 drops the interrupt check from some optimised loops, such as one around
 * `new Array(1000).fill(0)`, when it unrolls what is inside: such a loop could be neither
 * looked into nor ended. To be called before threads are started.
 */
export function keepLoopsInterruptible(): void {
  setFlagsFromString("--no-turboshaft-loop-unrolling");
}
