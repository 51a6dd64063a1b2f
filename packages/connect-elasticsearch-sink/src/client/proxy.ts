import type { Config } from "../config/config.ts";
import type { ConfigProblem } from "../config/problems.ts";

/** The HTTP proxy that connections to nodes are tunnelled through; undefined where there is none. */
export function proxyUrl(config: Config): URL | undefined {
  if (config["proxy.host"] === "") return undefined;
  const url = URL.parse(`http://${hostText(config["proxy.host"])}:${config["proxy.port"]}`);
  if (url === null) return undefined; // told by `proxyProblems`
  url.username = config["proxy.username"];
  url.password = config["proxy.password"]?.value() ?? "";
  return url;
}

export function proxyProblems(config: Config): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const { "proxy.host": host, "proxy.username": user, "proxy.password": password } = config;
  if (host !== "" && proxyUrl(config) === undefined) {
    const message = "proxy.host must be the name or address of a host, without scheme and port.";
    problems.push({ keys: ["proxy.host"], message });
  }
  if ((user === "") !== (password === null)) {
    const message = "proxy.username and proxy.password must be given both or not at all.";
    problems.push({ keys: ["proxy.username", "proxy.password"], message });
  }
  if (host === "" && user !== "") {
    const message = "proxy.username has no use without proxy.host: remove it, or set proxy.host.";
    problems.push({ keys: ["proxy.username", "proxy.host"], message });
  }
  return problems;
}

function hostText(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
