import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { WorkerEvent } from "../../feed/events.ts";
import { shownConnectors } from "../extensions/extend-app.ts";
import { EventStreams, type Followed, wantsToFollow } from "../event-stream.ts";
import { json, param, resource } from "../resource.ts";
import type { Resources } from "../resources.ts";

/** What happens, and what connectors log: what is kept of it, or as it comes. */
export function feedRoutes(app: FastifyInstance, resources: () => Resources): void {
  const streams = new EventStreams();
  app.addHook("preClose", async () => streams.close());

  resource(app, "/millrace/events", {
    GET: async (request, reply) =>
      answerEvents(
        request,
        reply,
        // What extensions keep from whoever asks is not told either.
        (event) =>
          !("connector" in event) || shownConnectors(request, [event.connector]).length > 0,
      ),
  });
  resource(app, "/millrace/connectors/:name/events", {
    GET: async (request, reply) => {
      const name = param(request, "name");
      await resources().herder.connectorInfo(name);
      return answerEvents(
        request,
        reply,
        (event) => "connector" in event && event.connector === name,
      );
    },
  });
  resource(app, "/millrace/connectors/:name/logs", {
    GET: async (request, reply) => {
      const name = param(request, "name");
      const { herder, logging } = resources();
      await herder.connectorInfo(name);
      const followed = {
        feed: logging.tail.feed(name),
        isWanted: () => true,
        typeOf: () => "log",
        fromBeginning: true,
      };
      if (wantsToFollow(request)) return streams.answer(request, reply, followed);
      return json(reply, { lines: kept(followed) });
    },
  });

  function answerEvents(
    request: FastifyRequest,
    reply: FastifyReply,
    isWanted: (event: WorkerEvent) => boolean,
  ): FastifyReply {
    const { feed } = resources().events;
    const followed = { feed, isWanted, typeOf: typeOfEvent, fromBeginning: false };
    if (wantsToFollow(request)) return streams.answer(request, reply, followed);
    return json(reply, { events: kept(followed) });
  }
}

function typeOfEvent({ type }: WorkerEvent): string {
  return type;
}

function kept<T>({ feed, isWanted }: Followed<T>): (T & { id: string })[] {
  return feed
    .after()
    .items.filter(({ item }) => isWanted(item))
    .map(({ id, item }) => ({ id, ...item }));
}
