import { parseExactJson } from "@millrace/avro-data";
import { DataError } from "@millrace/connect-api";
import type { ResolvedReference } from "../registry/schema-registry.ts";

/** Follows `$ref`, within a schema and into those that it refers to. */
export class Refs {
  readonly #root: unknown;
  readonly #others: ReadonlyMap<string, unknown>;
  readonly #under = new Set<string>();

  constructor(root: unknown, references: readonly ResolvedReference[]) {
    this.#root = root;
    this.#others = new Map(references.map(({ name, text }) => [name, parseExactJson(text)]));
  }

  /** @throws {DataError} when there is no such thing */
  target(ref: string): unknown {
    const [document = "", pointer = ""] = ref.split("#");
    let node = document === "" ? this.#root : this.#document(document);
    for (const step of pointer.split("/").slice(1)) {
      const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
      node = (node as Readonly<Record<string, unknown>> | undefined)?.[key];
    }
    if (node === undefined)
      throw new DataError(`The JSON schema refers to ${ref}, which is not there`);
    return node;
  }

  /** Goes on at the target, but not around in a circle. */
  within<T>(ref: string, go: (target: unknown) => T): T {
    if (this.#under.has(ref)) {
      throw new DataError(`The JSON schema at ${ref} contains itself, which is not supported`);
    }
    this.#under.add(ref);
    try {
      return go(this.target(ref));
    } finally {
      this.#under.delete(ref);
    }
  }

  #document(name: string): unknown {
    const id = (this.#root as { $id?: string }).$id;
    return name === id ? this.#root : this.#others.get(name);
  }
}
