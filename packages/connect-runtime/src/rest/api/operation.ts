/** A JSON Schema of the dialect 2020-12, which OpenAPI 3.1 has too. */
export type JsonSchema = { readonly [keyword: string]: unknown };

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One call of the REST API, as it is told to people and to machines. */
export interface Operation {
  /** A few words. */
  readonly summary: string;
  /** What else there is to know, in Markdown. */
  readonly description?: string;
  readonly query?: Readonly<Record<string, Parameter>>;
  readonly headers?: Readonly<Record<string, Parameter>>;
  readonly body?: Body;
  /** By status. Errors that any call may have stand for themselves (`errorAnswer`). */
  readonly answers: Readonly<Record<number, Answer>>;
}

export interface Parameter {
  readonly description: string;
  readonly schema: JsonSchema;
}

export interface Body {
  readonly description: string;
  readonly schema: JsonSchema;
}

export interface Answer {
  readonly description: string;
  /** By media type; absent: the answer has no body. */
  readonly content?: Readonly<Record<string, JsonSchema>>;
}

/** The calls of one part of the API: by path, with `:name` for parameters, and method. */
export type Operations = Readonly<Record<string, Readonly<Partial<Record<Method, Operation>>>>>;

/** An answer in JSON. */
export function answer(description: string, schema: JsonSchema): Answer {
  return { description, content: { "application/json": schema } };
}

/** A component of the document. */
export function ref(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

export const flag = (description: string, otherwise = false): Parameter => ({
  description,
  schema: { type: "boolean", default: otherwise },
});

export function error(description: string): Answer {
  return answer(description, ref("Error"));
}
