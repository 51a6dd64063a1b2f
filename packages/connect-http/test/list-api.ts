import type { Reaction, Seen } from "./http-server.ts";

export interface Item {
  readonly id: number;
  readonly ts: string;
}

/** A list that an API gives out in pages, in each of the usual ways. */
export class ListApi {
  readonly items: Item[] = [];
  pageSize = 3;
  /** Newest first. */
  descending = false;
  /** Asked with since, give what is later only, not what is equal. */
  strictlyLater = false;

  add(count: number, ts: (id: number) => string = (id) => new Date(id * 1000).toISOString()): void {
    for (let i = 0; i < count; i++) {
      const id = this.items.length + 1;
      this.items.push({ id, ts: ts(id) });
    }
  }

  get ids(): number[] {
    return this.items.map(({ id }) => id);
  }

  readonly react = ({ path, body }: Seen): Reaction => {
    const url = new URL(path, "http://localhost");
    const query = body === "" ? url.searchParams : new URLSearchParams(JSON.parse(body));
    const all = this.#chosen(query.get("since"), query.get("after"));
    switch (url.pathname) {
      case "/all":
        return json(all);
      case "/page": {
        const from = (Number(query.get("page") ?? 1) - 1) * this.pageSize;
        return json({ items: all.slice(from, from + this.pageSize) });
      }
      case "/offset": {
        const from = Number(query.get("offset") ?? 0);
        return json({ items: all.slice(from, from + this.pageSize) });
      }
      case "/cursor": {
        const { page, next } = this.#after(all, query.get("cursor"));
        return json({ items: page, meta: { next } });
      }
      case "/link": {
        const { page, next } = this.#after(all, query.get("cursor"));
        if (next !== null) url.searchParams.set("cursor", next);
        const link = `<${url.pathname}${url.search}>; rel="next"; title="a, b"`;
        return json(page, next === null ? {} : { link: `</first>; rel=first, ${link}` });
      }
      case "/next": {
        const { page, next } = this.#after(all, query.get("cursor"));
        if (next !== null) url.searchParams.set("cursor", next);
        return json({ items: page, next: next === null ? "" : url.pathname + url.search });
      }
    }
    return { status: 404, body: "no such list" };
  };

  #chosen(since: string | null, after: string | null): Item[] {
    const chosen = this.items.filter(
      ({ id, ts }) =>
        (since === null || (this.strictlyLater ? ts > since : ts >= since)) &&
        (after === null || id > Number(after)),
    );
    return this.descending ? chosen.toReversed() : chosen;
  }

  /** Cursors say where the page before ended, as real ones do. */
  #after(all: readonly Item[], cursor: string | null): { page: Item[]; next: string | null } {
    const from = cursor === null ? 0 : Number(cursor.replace("c/", ""));
    const page = all.slice(from, from + this.pageSize);
    const end = from + page.length;
    return { page, next: end < all.length ? `c/${end}` : null };
  }
}

function json(value: unknown, headers: Record<string, string> = {}): Reaction {
  return {
    status: 200,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(value),
  };
}
