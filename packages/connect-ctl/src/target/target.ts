import { readFile } from "node:fs/promises";
import type { ClientTls, Credentials, Endpoint } from "../client/http.ts";
import { UsageError } from "../exit-codes.ts";
import { type Context, contextPath, readContexts } from "./context-file.ts";
import { checkedUrl, parseUrls } from "./urls.ts";

const DEFAULT_URL = "http://localhost:8083";

/** Which cluster, as given on the command line. */
export interface TargetOptions {
  readonly context?: string;
  readonly url?: string;
  readonly user?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
}

/**
 * Finds out which cluster is meant and how it is reached. Options come first, then the
 * environment, then a context. An address that does not come from a context gets nothing
 * else of one: a password goes nowhere but where it belongs.
 *
 * @throws {UsageError} naming the option, variable or file that is wrong
 */
export async function findTarget(
  options: TargetOptions,
  env: NodeJS.ProcessEnv,
): Promise<Endpoint> {
  const context = await chosenContext(options, env);
  const urls = urlsOf(options, env, context);
  const tls = await tlsOf(options, env, context);
  const credentials = credentialsOf(options, env, context);
  return { urls, ...(credentials && { credentials }), ...(tls && { tls }) };
}

async function chosenContext(
  { context: name, url }: TargetOptions,
  env: NodeJS.ProcessEnv,
): Promise<Context | undefined> {
  if (name !== undefined && url !== undefined) {
    throw new UsageError("Give either --url or --context: a context has its own address");
  }
  if (url !== undefined || (name === undefined && env["CONNECT_URL"])) return undefined;
  const { current, contexts } = await readContexts(env);
  const wanted = name ?? current;
  if (wanted === undefined) return undefined;
  if (!Object.hasOwn(contexts, wanted)) {
    const known = Object.keys(contexts).join(", ") || "none";
    throw new UsageError(
      `There is no context "${wanted}" in ${contextPath(env)}. There are: ${known}`,
    );
  }
  return contexts[wanted];
}

function urlsOf({ url }: TargetOptions, env: NodeJS.ProcessEnv, context?: Context): string[] {
  if (context !== undefined) return context.url.map((text) => checkedUrl(text, "context"));
  const given = url !== undefined ? parseUrls(url, "--url") : fromEnvironment(env);
  if (given.length === 0) throw new UsageError("--url: give at least one address of a worker");
  return given;
}

function fromEnvironment(env: NodeJS.ProcessEnv): string[] {
  return env["CONNECT_URL"] ? parseUrls(env["CONNECT_URL"], "CONNECT_URL") : [DEFAULT_URL];
}

function credentialsOf(
  options: TargetOptions,
  env: NodeJS.ProcessEnv,
  context?: Context,
): Credentials | undefined {
  const user = options.user ?? (env["CONNECT_USER"] || context?.user);
  if (user === undefined || user === "") return undefined;
  const own = user === context?.user ? context.password : undefined;
  const password = env["CONNECT_PASSWORD"] ?? own;
  if (password === undefined) {
    throw new UsageError(
      `There is no password for the user ${user}: set CONNECT_PASSWORD, or store one with connect-ctl context set --password-stdin`,
    );
  }
  return { user, password };
}

async function tlsOf(
  options: TargetOptions,
  env: NodeJS.ProcessEnv,
  context?: Context,
): Promise<ClientTls | undefined> {
  const ca = options.ca ?? context?.ca;
  const cert = options.cert ?? context?.cert;
  const key = options.key ?? context?.key;
  const insecure = options.insecure ?? context?.insecure;
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("--cert and --key belong together: a certificate and its private key");
  }
  const passphrase = env["CONNECT_KEY_PASSWORD"];
  const tls: ClientTls = {
    ...(ca !== undefined && { ca: await pem(ca, "ca") }),
    ...(cert !== undefined && { cert: await pem(cert, "cert") }),
    ...(key !== undefined && { key: await pem(key, "key") }),
    ...(key !== undefined && passphrase && { passphrase }),
    ...(insecure === true && { rejectUnauthorized: false }),
  };
  return Object.keys(tls).length > 0 ? tls : undefined;
}

async function pem(file: string, option: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UsageError(`--${option}: cannot read ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
