import { KafkaError } from "../../src/errors.ts";
import type {
  GroupTransport,
  JoinAnswer,
  JoinRequest,
  SyncAnswer,
} from "../../src/group-transport.ts";
import { protocolErrors } from "../../src/protocol.ts";

type Step = "join" | "sync" | "heartbeat" | "leave";
interface Call {
  step: Step;
  request: Record<string, unknown>;
}
export type Answer = Record<string, unknown>;
type Scripted = Answer | Promise<Answer> | KafkaError | (() => Answer);

export const errorCode = (name: string): { errorCode: number } => {
  const error = protocolErrors[name];
  if (error === undefined) throw new Error(`No protocol error ${name}`);
  return { errorCode: error.code };
};

/** Answers each request with what the script says next; without a word, as a coordinator would. */
export class ScriptedTransport implements GroupTransport {
  readonly calls: Call[] = [];
  readonly script: Record<Step, Scripted[]> = { join: [], sync: [], heartbeat: [], leave: [] };
  lost = 0;
  closed = false;
  generationId = 0;
  abandon: () => void = () => {};

  join(request: JoinRequest): Promise<JoinAnswer> {
    const answer = {
      errorCode: 0,
      generationId: ++this.generationId,
      protocolType: "consumer",
      protocolName: "range",
      leader: "other",
      memberId: request.memberId === "" ? "me" : request.memberId,
      members: [],
    };
    return this.#answer("join", { ...request }, answer);
  }

  sync(request: object): Promise<SyncAnswer> {
    const answer = { errorCode: 0, assignment: Buffer.from("mine") };
    return this.#answer("sync", { ...request }, answer);
  }

  heartbeat(generationId: number, memberId: string): Promise<{ errorCode: number }> {
    return this.#answer("heartbeat", { generationId, memberId }, { errorCode: 0 });
  }

  leave(memberId: string, reason: string): Promise<{ errorCode: number }> {
    return this.#answer("leave", { memberId, reason }, { errorCode: 0 });
  }

  coordinatorLost(): void {
    this.lost++;
  }

  abandonJoin(): void {
    this.abandon();
  }

  close(): void {
    this.closed = true;
  }

  count(step: Step): number {
    return this.calls.filter((call) => call.step === step).length;
  }

  async #answer<T extends object>(step: Step, request: Call["request"], usual: T): Promise<T> {
    this.calls.push({ step, request });
    const next = this.script[step].shift();
    const scripted = await (typeof next === "function" ? next() : next);
    if (scripted instanceof KafkaError) throw scripted;
    return { ...usual, ...scripted };
  }
}

export const noAnswer = (): KafkaError => new KafkaError("DISCONNECTED", "the connection is gone");
