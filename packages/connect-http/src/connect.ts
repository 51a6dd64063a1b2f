import {
  type Authorization,
  authorizationOf,
  type AuthorizationSettings,
} from "./http/authorization.ts";
import { type ClientSettings, HttpClient } from "./http/client.ts";
import { Secrets } from "./http/secrets.ts";
import { loadTls, type TlsFiles } from "./http/tls.ts";
import type { HeaderTemplates } from "./template/header-templates.ts";

export interface ConnectionSettings {
  readonly headers: HeaderTemplates;
  readonly authorization: AuthorizationSettings;
  readonly client: Omit<ClientSettings, "tls">;
  readonly tls: TlsFiles;
}

/**
 * What it takes to make requests.
 * @throws {ConfigError} when a file of keys or certificates cannot be read
 */
export async function connect(
  settings: ConnectionSettings,
): Promise<{ client: HttpClient; authorization: Authorization }> {
  // Headers of one's own carry API keys as often as not.
  const secrets = new Secrets(settings.headers.secretValues);
  const tls = await loadTls(settings.tls);
  const client = new HttpClient({ ...settings.client, tls }, secrets);
  return { client, authorization: authorizationOf(settings.authorization, client, secrets) };
}
