import { ConnectError } from "@millrace/connect-api";
import { connect, type ConnectionSettings } from "./connect.ts";
import { shownUrl } from "./http/shown-url.ts";

/**
 * Makes one request, to see whether a server is there and knows who asks.
 * @returns what was reached, in words
 * @throws {ConnectError} when there is no answer, or the credentials are refused
 */
export async function reach(
  settings: ConnectionSettings,
  url: string,
  method: "HEAD" | "GET",
  signal: AbortSignal,
): Promise<string> {
  const { client, authorization } = await connect(settings);
  try {
    const credentials = await authorization.header(signal);
    const headers: Record<string, string> = settings.headers.isStatic
      ? settings.headers.render(() => "")
      : {};
    if (credentials !== null) headers["authorization"] = credentials;
    const { status } = await client.send({ method, url, headers, body: null }, signal);
    const answer = `${shownUrl(url)} answers ${method} with ${status}`;
    if (status === 401 || status === 403 || status === 407) {
      throw new ConnectError(`${answer}: check the credentials of this connector`);
    }
    return answer;
  } finally {
    await client.close();
  }
}
