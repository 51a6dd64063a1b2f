import { ConfigError } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { parseWorkerConfig } from "../config/worker-config.ts";
import { advertised, parseListener, urlOf } from "./listener.ts";

const HTTP = "http://10.0.0.1:8083";
const HTTPS = "https://10.0.0.1:8443";

function urlFor(listeners: readonly string[], props: Record<string, string> = {}): string {
  const config = parseWorkerConfig({
    "bootstrap.servers": "a:1",
    "key.converter": "x.Y",
    "value.converter": "x.Y",
    ...props,
  });
  return urlOf(advertised(config, listeners.map(parseListener)));
}

test.each<[listeners: string[], props: Record<string, string>, url: string]>([
  [[HTTP], {}, HTTP],
  [[HTTPS, HTTP], {}, HTTP],
  [[HTTPS], {}, HTTPS],
  [[HTTP, HTTPS], { "rest.advertised.listener": "HTTPS" }, HTTPS],
  [[HTTP], { "rest.advertised.listener": "", "rest.advertised.host.name": "" }, HTTP],
  [[HTTP], { "rest.advertised.host.name": "w1" }, "http://w1:8083"],
  [[HTTP], { "rest.advertised.port": "80" }, "http://10.0.0.1:80"],
  [["http://[2001:db8::1]:8083"], {}, "http://[2001:db8::1]:8083"],
  // A proxy does TLS.
  [
    [HTTP],
    {
      "rest.advertised.listener": "https",
      "rest.advertised.host.name": "proxy",
      "rest.advertised.port": "443",
    },
    "https://proxy:443",
  ],
])("%j with %j are reached at %s", (listeners, props, url) => {
  expect(urlFor(listeners, props)).toBe(url);
});

test.each([{}, { "rest.advertised.port": "443" }, { "rest.advertised.host.name": "proxy" }])(
  "a scheme that no listener has needs the whole address (%j)",
  (props) => {
    const starting = () => urlFor([HTTP], { "rest.advertised.listener": "https", ...props });
    expect(starting).toThrow(ConfigError);
    expect(starting).toThrow(/rest\.advertised\.listener.*rest\.advertised\.port/);
  },
);
