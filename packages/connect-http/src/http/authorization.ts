import type { Password } from "@millrace/connect-api";
import type { HttpClient } from "./client.ts";
import { OAuth2Tokens, type OAuth2Settings } from "./oauth2.ts";
import type { Secrets } from "./secrets.ts";

export type AuthorizationSettings =
  | { readonly type: "none" }
  /** The value of the header as it is. */
  | { readonly type: "static"; readonly value: Password }
  | { readonly type: "basic"; readonly user: string; readonly password: Password }
  | { readonly type: "bearer"; readonly token: Password }
  | ({ readonly type: "oauth2" } & OAuth2Settings);

/** Where the Authorization header of each request comes from. */
export interface Authorization {
  /**
   * The header's value, null for none.
   * @throws {RequestError} when no token is to be had
   */
  header(signal: AbortSignal): Promise<string> | string | null;
  /**
   * A request with this value was answered with that status.
   * @returns true where the same request may do better with a new value
   */
  refused(header: string | null, status: number): boolean;
}

/** @param secrets told of every value that must not be shown */
export function authorizationOf(
  settings: AuthorizationSettings,
  client: HttpClient,
  secrets: Secrets,
): Authorization {
  switch (settings.type) {
    case "none":
      return fixed(null, secrets);
    case "static":
      return fixed(settings.value.value(), secrets);
    case "basic": {
      const pair = `${settings.user}:${settings.password.value()}`;
      secrets.add(settings.password.value());
      return fixed(`Basic ${Buffer.from(pair).toString("base64")}`, secrets);
    }
    case "bearer":
      return fixed(`Bearer ${settings.token.value()}`, secrets);
    case "oauth2":
      return new OAuth2Tokens(settings, client, secrets);
  }
}

function fixed(value: string | null, secrets: Secrets): Authorization {
  secrets.add(value);
  // A server may repeat the credentials without the scheme.
  secrets.add(value?.slice(value.indexOf(" ") + 1));
  return { header: () => value, refused: () => false };
}
