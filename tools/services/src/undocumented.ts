import { Ajv2020 } from "ajv/dist/2020.js";
import type { ExactAnswer } from "./exact-request.ts";

const JSON_TYPE = "application/json";
/** The address of the document, for the references in it. */
const DOCUMENT = "api";

/** What answers are checked with of an OpenAPI 3.1 document. */
export interface OpenApiDocument {
  /** By path, with `{name}` for parameters, and method in lower case. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedCall>>>>;
}

interface DocumentedCall {
  readonly responses?: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, unknown>> }>
  >;
}

/** @returns what the answer has that is not told of; "" is nothing */
export type Undocumented = (
  method: string,
  path: string,
  answer: Pick<ExactAnswer, "status" | "headers" | "body">,
) => string;

/**
 * Checks answers of a server with its OpenAPI document: their statuses, types and bodies. Left out
 * is what the document is not about: OPTIONS, errors of paths that it does not have, and those of
 * the server or its framework, which refuse what does not reach a call.
 * @throws {Error} when the document is not one, or a schema of an answer in it is none
 */
export function undocumentedBy(document: OpenApiDocument): Undocumented {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat("date-time", (text: string) => !Number.isNaN(Date.parse(text)));
  ajv.addSchema({ ...document, $id: DOCUMENT });
  const templates = Object.keys(document.paths).map((template) => ({
    template,
    segments: template.split("/"),
  }));

  return (sent, path, { status, headers, body }) => {
    if (sent === "OPTIONS") return "";
    const method = sent === "HEAD" ? "GET" : sent;
    const plain = path.split("?", 1)[0]!.replace(/(?<=.)\/$/, "");
    const found = templates.find(({ segments }) => matches(segments, plain.split("/")));
    const call = found && document.paths[found.template]?.[method.toLowerCase()];
    if (call === undefined) return status < 400 ? `${method} ${plain} is not told of` : "";
    const what = `${method} ${found!.template} ${status}`;
    const type = headers["content-type"]?.split(";", 1)[0]!.trim();
    if (status >= 400 && isOfServer(type)) return "";
    const responses = call.responses ?? {};
    // What is told of any status is told of errors.
    const told = String(status) in responses || status < 400 ? String(status) : "default";
    const response = responses[told];
    if (response === undefined) return `${what} is not told of`;
    if (response.content === undefined) return body === "" ? "" : `${what} has a body`;
    if (type === undefined || !(type in response.content)) {
      return `${what} is of the type ${type ?? "none"}`;
    }
    if (sent === "HEAD" || type !== JSON_TYPE) return "";
    const schema = ["paths", found!.template, method.toLowerCase(), "responses", told];
    const place = [...schema, "content", type, "schema"].map(pointerPart).join("/");
    if (ajv.validate({ $ref: `${DOCUMENT}#/${place}` }, body)) return "";
    return `${what}: ${JSON.stringify(ajv.errors)}`;
  };
}

/** The type of errors that are pages for people, or answered without saying what they are. */
function isOfServer(type: string | undefined): boolean {
  return type === undefined || type === "text/html";
}

function matches(template: readonly string[], path: readonly string[]): boolean {
  return (
    template.length === path.length &&
    template.every((segment, i) => (segment.startsWith("{") ? path[i] !== "" : segment === path[i]))
  );
}

/** As a part of a JSON pointer in an address. */
function pointerPart(text: string): string {
  return encodeURIComponent(text.replaceAll("~", "~0").replaceAll("/", "~1"));
}
