import { type Access, type Role, ROLES } from "./access.ts";

/** Everybody whom somebody has found out about. */
const ANY_USER = "*";

interface Grant {
  readonly users: ReadonlySet<string>;
  readonly rank: number;
  /** Undefined for all connectors. */
  readonly connectors: readonly RegExp[] | undefined;
}

/** Who may do what, as a roles file says. */
export class Grants {
  readonly #grants: readonly Grant[];

  private constructor(grants: readonly Grant[]) {
    this.#grants = grants;
  }

  /** @throws {Error} saying which grant is wrong, and what it should be */
  static parse(text: string): Grants {
    let file: unknown;
    try {
      file = JSON.parse(text);
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`it is not JSON: ${message.replaceAll(/\s+/g, " ")}`, { cause: error });
    }
    const { grants } = fieldsOf(file, ["grants"], "it");
    if (!Array.isArray(grants)) {
      throw new Error(`it must be {"grants": [{"users": […], "role": "…", "connectors": […]}, …]}`);
    }
    return new Grants(grants.map((grant: unknown, i) => parseGrant(grant, `grants[${i}]`)));
  }

  /** @param connector of the request; undefined where it names none */
  allows(user: string, { role, scope }: Access, connector: string | undefined): boolean {
    const rank = rankOf(role);
    return this.#of(user).some((grant) => {
      if (grant.rank < rank) return false;
      if (scope === "some" || grant.connectors === undefined) return true;
      if (scope === "all" || connector === undefined) return false;
      return grant.connectors.some((pattern) => pattern.test(connector));
    });
  }

  #of(user: string): Grant[] {
    const name = normalized(user);
    return this.#grants.filter(({ users }) => users.has(name) || users.has(ANY_USER));
  }
}

function parseGrant(value: unknown, where: string): Grant {
  const { users, role, connectors } = fieldsOf(value, ["users", "role", "connectors"], where);
  const rank = rankOf(role as Role);
  if (rank < 0) throw new Error(`${where}.role must be one of: ${ROLES.join(", ")}`);
  return {
    users: new Set(textsOf(users, `${where}.users`).map(normalized)),
    rank,
    connectors: connectors === undefined ? undefined : patternsOf(connectors, where),
  };
}

function patternsOf(value: unknown, where: string): RegExp[] | undefined {
  const patterns = textsOf(value, `${where}.connectors`);
  return patterns.includes("*") ? undefined : patterns.map(patternOf);
}

/** `*` stands for anything, everything else for itself. */
function patternOf(text: string): RegExp {
  const parts = text.split("*").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s");
}

function rankOf(role: Role): number {
  return ROLES.indexOf(role);
}

/** Subjects of certificates are written with blanks after commas, and without. */
function normalized(user: string): string {
  return user.includes("=") ? user.replaceAll(/,\s+/g, ",") : user;
}

/** A field that is not known would have been meant to say something: with it left out, too much may be allowed. */
function fieldsOf(
  value: unknown,
  known: readonly string[],
  where: string,
): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`${where} must be an object with ${known.join(", ")}`);
  }
  const unknown = Object.keys(value).find((field) => !known.includes(field));
  if (unknown === undefined) return value as Record<string, unknown>;
  throw new Error(`${where} has a field "${unknown}", known are: ${known.join(", ")}`);
}

function textsOf(value: unknown, where: string): string[] {
  const texts = Array.isArray(value) ? value : [];
  if (texts.length > 0 && texts.every((text) => typeof text === "string" && text !== "")) {
    return texts as string[];
  }
  throw new Error(`${where} must be a list of texts`);
}
