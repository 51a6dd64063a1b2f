import { parentPort, workerData } from "node:worker_threads";
import { containFaults } from "./contain-faults.ts";
import type { ToThread, WorkerThreadInit } from "./protocol.ts";
import { currentContext } from "./unit-context.ts";
import { UnitHost } from "./unit-host.ts";

/** How often the thread shows that its event loop turns. */
const HEARTBEAT_MS = 100;

/** The entry of a worker thread: a host of units behind a message port. */
const init = workerData as WorkerThreadInit;
const port = parentPort;
if (port === null) throw new Error("threads/thread.ts runs as a worker thread only");

const host = new UnitHost(init, (message) => port.postMessage(message));
port.on("message", (message: ToThread) => host.receive(message));

const told = new WeakSet<Error>();
containFaults({
  onExit: (error, exit) => {
    told.add(error);
    if (host.contain(error, currentContext())) throw error;
    exit();
  },
  onUncaught: (error, exit) => {
    // What process.exit threw at a plugin may come by once more.
    if (error.cause instanceof Error && told.has(error.cause)) return;
    if (!host.contain(error, currentContext())) exit();
  },
});

const heartbeat = new Int32Array(init.heartbeat);
// The first beat says that the thread has started; silence counts from here on.
Atomics.store(heartbeat, 0, 1);
setInterval(() => Atomics.add(heartbeat, 0, 1), HEARTBEAT_MS).unref();
