import type { ConfigProblem } from "../config/problems.ts";

export interface ParsedNodes {
  readonly nodes: readonly URL[];
  readonly problems: readonly ConfigProblem[];
}

/**
 * The addresses of connection.url; one without scheme is meant as http (Java:
 * `HttpHost.create`). Messages count the addresses instead of repeating them: one may
 * carry a password (I5).
 */
export function parseNodes(addresses: readonly string[]): ParsedNodes {
  const nodes: URL[] = [];
  const problems: ConfigProblem[] = [];
  const problem = (message: string) => problems.push({ keys: ["connection.url"], message });
  for (const [i, address] of addresses.entries()) {
    const which = `Address ${i + 1} of connection.url`;
    const url = URL.parse(address.includes("://") ? address : `http://${address}`);
    if (url === null || url.hostname === "") {
      problem(`${which} is not a URL such as http://localhost:9200.`);
    } else if (url.protocol !== "http:" && url.protocol !== "https:") {
      problem(`${which} has the scheme ${url.protocol} it must be http: or https:`);
    } else if (url.username !== "" || url.password !== "") {
      problem(
        `${which} has a user name or password: connection.username and connection.password are the place for them.`,
      );
    } else {
      nodes.push(url);
    }
  }
  return { nodes, problems };
}

/** An address as it may be shown. */
export function withoutCredentials(address: string): string {
  return address.replace(/^([^/]*:\/\/)?[^/]*@/, "$1");
}
