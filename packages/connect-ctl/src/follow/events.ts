import type { EventSourceMessage } from "eventsource-parser";
import type { ConnectorEvent, ConnectorStatus } from "../client/answers.ts";
import type { HttpStream } from "../client/http.ts";
import { printable } from "../output/table.ts";
import type { Session } from "../session.ts";
import { statusLines } from "./changes.ts";
import { printEvent } from "./print-event.ts";
import { contentOf, messages } from "./stream.ts";

/**
 * Tells of a connector's events, by a new stream where one breaks off, until it is deleted.
 * @param status what it was just before, which no event tells
 */
export async function followEvents(
  { client, terminal, format }: Session,
  status: ConnectorStatus,
  first: HttpStream,
): Promise<void> {
  const { name } = status;
  const { signal, note } = terminal;
  for (const { text, ...change } of statusLines(undefined, status)) {
    printEvent(terminal, format, { time: new Date().toISOString(), ...change }, text);
  }
  const onBreak = ({ message }: Error) => note(`${message}\nTrying again …`);
  const events = messages({ client, name, what: "events", signal, onBreak }, first);
  for await (const message of events) {
    const event = eventOf(message);
    printEvent(terminal, format, event, textOf(event));
    if (isDeletion(message)) break;
  }
  note(`${name} has been deleted`);
}

/** Whether it tells of the connector's end. */
export function isDeletion(message: EventSourceMessage): boolean {
  return message.event === "config" && contentOf(message)["change"] === "deleted";
}

/** Lines for people, each with its time. */
export function eventLines(events: readonly ConnectorEvent[]): string {
  return events.map((event) => `${wordOf(event["time"])}  ${textOf(event)}\n`).join("");
}

function eventOf(message: EventSourceMessage): ConnectorEvent {
  const content = contentOf(message);
  const { event } = message;
  return event === undefined || content["type"] === event ? content : { type: event, ...content };
}

/** Without its time, and the names that nobody has asked for. */
function textOf({ id: _id, time: _time, type = "event", ...rest }: ConnectorEvent): string {
  const words = Object.entries(rest).map(([key, value]) => `${key}=${wordOf(value)}`);
  return printable([wordOf(type), ...words].join(" "));
}

/** One line, whatever it is. */
function wordOf(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.split("\n", 1)[0]!;
}
