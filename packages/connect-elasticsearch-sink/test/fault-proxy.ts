import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

/** One bulk request as the proxy saw it. */
export interface BulkRequest {
  /** Counted from 0. */
  readonly number: number;
  readonly bytes: number;
  readonly compressed: boolean;
  /** `index/id` per operation, in order. */
  readonly documents: readonly string[];
}

/** What happens to a bulk request instead of just passing. */
export type Fault =
  /** The server never sees it. */
  | { readonly kind: "answer"; readonly status: number; readonly body?: string }
  | { readonly kind: "reset-before" }
  /** The server applies it; the client never learns. */
  | { readonly kind: "reset-after" }
  /** Applied at once, answered late. */
  | { readonly kind: "answer-late"; readonly ms: number }
  /** Passed on late. */
  | { readonly kind: "pass-late"; readonly ms: number }
  /** The server sees the others; these are turned away with the status. */
  | { readonly kind: "items"; readonly status: number; readonly pick: (i: number) => boolean };

/**
 * An HTTP proxy in front of a real Elasticsearch that does to bulk requests what broken
 * networks and overloaded clusters do; everything else passes.
 */
export class FaultProxy implements AsyncDisposable {
  readonly url: string;
  readonly bulks: BulkRequest[] = [];
  /** Decides for each bulk request; undefined lets it pass. */
  fault: (bulk: BulkRequest) => Fault | undefined = () => undefined;
  /** What every request must carry in its Authorization header; undefined asks for nothing. */
  authorization: string | undefined;
  /** The product that answers claim to come from. */
  product: string | undefined = "Elasticsearch";
  /** True = no request is ever answered. */
  silent = false;
  /** The most bulk requests that were under way at once. */
  mostInFlight = 0;
  /** Documents that the client had in two bulk requests at once. */
  readonly overlapping = new Set<string>();
  readonly #active = new Set<BulkRequest>();
  readonly #server;
  readonly #target: URL;

  private constructor(
    target: string,
    server: ReturnType<typeof createServer | typeof createTlsServer>,
    scheme: string,
  ) {
    this.#target = new URL(target);
    this.#server = server;
    this.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("request", (req: IncomingMessage, res: ServerResponse) => {
      this.#handle(req, res).catch((error: unknown) => res.destroy(error as Error));
    });
  }

  /** @param tls speaks https with this certificate, to clients of an authority if one is given */
  static async start(
    target: string,
    tls?: { key: string; certificate: string; authority?: string },
  ): Promise<FaultProxy> {
    const server = tls
      ? createTlsServer({
          key: tls.key,
          cert: tls.certificate,
          ...(tls.authority !== undefined && { ca: tls.authority, requestCert: true }),
        })
      : createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new FaultProxy(target, server, tls ? "https" : "http");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const sent = Buffer.concat(await req.toArray());
    if (this.silent) return;
    if (this.authorization !== undefined && req.headers.authorization !== this.authorization) {
      return this.#reply(res, 401, '{"error":{"type":"security_exception","reason":"who?"}}');
    }
    if (!req.url?.startsWith("/_bulk")) return await this.#pass(req, res, sent);
    const compressed = req.headers["content-encoding"] === "gzip";
    const body = compressed ? gunzipSync(sent) : sent;
    const operations = parseBulk(body);
    const bulk: BulkRequest = {
      number: this.bulks.length,
      bytes: body.length,
      compressed,
      documents: operations.map(({ document }) => document),
    };
    this.bulks.push(bulk);
    this.#enter(bulk);
    // For the client a request is over when it has the answer, or gave up waiting for it.
    res.once("close", () => this.#active.delete(bulk));
    await this.#apply(this.fault(bulk), req, res, sent, operations);
  }

  #enter(bulk: BulkRequest): void {
    const elsewhere = new Set([...this.#active].flatMap(({ documents }) => documents));
    for (const document of bulk.documents) {
      if (elsewhere.has(document)) this.overlapping.add(document);
    }
    this.#active.add(bulk);
    this.mostInFlight = Math.max(this.mostInFlight, this.#active.size);
  }

  async #apply(
    fault: Fault | undefined,
    req: IncomingMessage,
    res: ServerResponse,
    sent: Buffer,
    operations: readonly ParsedOperation[],
  ): Promise<void> {
    switch (fault?.kind) {
      case undefined:
        return await this.#pass(req, res, sent);
      case "answer":
        return this.#reply(res, fault.status, fault.body ?? "");
      case "reset-before":
        res.destroy();
        return;
      case "reset-after":
        await this.#forward(req, sent);
        res.destroy();
        return;
      case "answer-late": {
        const { status, body } = await this.#forward(req, sent);
        await sleep(fault.ms);
        return this.#reply(res, status, body);
      }
      case "pass-late":
        await sleep(fault.ms);
        return await this.#pass(req, res, sent);
      case "items":
        return await this.#turnAway(fault, req, res, operations);
    }
  }

  async #turnAway(
    fault: Extract<Fault, { kind: "items" }>,
    req: IncomingMessage,
    res: ServerResponse,
    operations: readonly ParsedOperation[],
  ): Promise<void> {
    const passing = operations.filter((_operation, i) => !fault.pick(i));
    const real =
      passing.length > 0
        ? await this.#forward(req, Buffer.from(passing.map(({ lines }) => lines).join("")))
        : { body: '{"items":[]}' };
    const items = (JSON.parse(real.body) as { items: unknown[] }).items.values();
    const merged = operations.map(({ action }, i) =>
      fault.pick(i)
        ? {
            [action]: {
              status: fault.status,
              error: { type: "es_rejected_execution_exception", reason: "rejected by the proxy" },
            },
          }
        : items.next().value,
    );
    this.#reply(res, 200, JSON.stringify({ errors: true, items: merged }));
  }

  async #pass(req: IncomingMessage, res: ServerResponse, sent: Buffer): Promise<void> {
    const { status, body } = await this.#forward(req, sent);
    this.#reply(res, status, body);
  }

  #reply(res: ServerResponse, status: number, body: string): void {
    res.writeHead(status, {
      "content-type": "application/json",
      ...(this.product !== undefined && { "x-elastic-product": this.product }),
    });
    res.end(body);
  }

  #forward(req: IncomingMessage, sent: Buffer): Promise<{ status: number; body: string }> {
    const {
      "content-length": _length,
      "accept-encoding": _encoding,
      authorization: _authorization,
      ...headers
    } = req.headers;
    const compressed = headers["content-encoding"] === "gzip" && sent[0] !== 0x1f;
    if (compressed) delete headers["content-encoding"];
    return new Promise((resolve, reject) => {
      const forwarded = request(
        new URL(req.url ?? "/", this.#target),
        {
          method: req.method ?? "GET",
          headers: { ...headers, "content-length": sent.length },
          // A connection kept from before may just be closing, which would be one fault too many.
          agent: false,
        },
        (answer) => {
          const status = answer.statusCode ?? 0;
          answer
            .toArray()
            .then(
              (chunks: Buffer[]) =>
                resolve({ status, body: Buffer.concat(chunks).toString("utf8") }),
              reject,
            );
        },
      );
      forwarded.on("error", reject);
      forwarded.end(sent);
    });
  }
}

interface ParsedOperation {
  readonly action: string;
  readonly document: string;
  readonly lines: string;
}

function parseBulk(body: Buffer): ParsedOperation[] {
  const lines = body.toString("utf8").split("\n");
  const operations: ParsedOperation[] = [];
  for (let i = 0; i < lines.length - 1; i++) {
    const line = lines[i] ?? "";
    const [[action, target]] = Object.entries(
      JSON.parse(line) as Record<string, { _index: string; _id: string }>,
    ) as [[string, { _index: string; _id: string }]];
    const document = `${target._index}/${target._id}`;
    const source = action === "delete" ? "" : `${lines[++i]}\n`;
    operations.push({ action, document, lines: `${line}\n${source}` });
  }
  return operations;
}
