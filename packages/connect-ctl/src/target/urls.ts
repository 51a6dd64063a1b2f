import { UsageError } from "../exit-codes.ts";

/**
 * Reads addresses of workers of one cluster, separated by commas.
 * @param where for messages: `--url`, `CONNECT_URL`
 * @throws {UsageError} naming what is wrong with one, but not a password in it
 */
export function parseUrls(text: string, where: string): string[] {
  const urls = text.split(",").map((url) => url.trim());
  return urls.filter((url) => url !== "").map((url) => checkedUrl(url, where));
}

/** @throws {UsageError} as `parseUrls` */
export function checkedUrl(text: string, where: string): string {
  // `localhost:8083` would parse as a URL of the scheme "localhost".
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(
      `${where}: ${withoutUser(text)} is not an address of a worker: write http://host:8083 or https://host:8083`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(
      `${where}: no user and password in a URL, where others may see them: use --user and CONNECT_PASSWORD, or a context`,
    );
  }
  if (url.search !== "" || url.hash !== "") {
    throw new UsageError(`${where}: ${text} must end with the path of the REST API`);
  }
  return url.href.replace(/\/$/, "");
}

function withoutUser(url: string): string {
  return url.replace(/^(.*\/\/)?[^/]*@/, "$1…@");
}
