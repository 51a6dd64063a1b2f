import { SinkConnector, SourceConnector, type Connector, type Props } from "@millrace/connect-api";
import { describe, test } from "vitest";
import { type ConfigSubject, configChecks } from "./conformance/config-checks.ts";
import type { Check, Driver } from "./conformance/driver.ts";
import { folder, loadConnector, packageChecks } from "./conformance/manifest.ts";
import { sinkChecks } from "./conformance/sink-checks.ts";
import { sourceChecks } from "./conformance/source-checks.ts";

export type {
  Driver,
  SinkDriver,
  SinkPlace,
  SourceDriver,
  SourcePlace,
} from "./conformance/driver.ts";

/** What the check of memory may take: systems that take one record a request are that slow. */
const MS_PER_RECORD = 20;

export interface ConformanceOptions {
  /** The folder of the plugin's package.json: a path or a file URL. */
  readonly packageDir: string | URL;
  /** One per connector of the manifest. */
  readonly drivers: readonly Driver[];
  /** How long one check may take, in milliseconds; 60,000 by default. */
  readonly timeoutMs?: number;
  /**
   * How many records each connector moves in the check of its memory; 0, the default, leaves
   * the check out. The environment variable CONFORMANCE_RECORDS counts before it.
   */
  readonly memoryRecords?: number;
}

/**
 * Registers the conformance suite of a connector package with vitest:
 *
 * ```ts
 * conformance({ packageDir: `${import.meta.dirname}/..`, drivers: [source, sink] });
 * ```
 */
export function conformance(options: ConformanceOptions): void {
  const packageDir = folder(options.packageDir);
  const memoryRecords = Number(process.env["CONFORMANCE_RECORDS"] ?? options.memoryRecords ?? 0);
  const timeout = (options.timeoutMs ?? 60_000) + memoryRecords * MS_PER_RECORD;
  const classes = options.drivers.map((driver) => driver.class);
  describe("conformance", () => {
    register("package", packageChecks(packageDir, classes), timeout);
    for (const driver of options.drivers) {
      register(driver.class, driverChecks(packageDir, driver, memoryRecords), timeout);
    }
  });
}

// oxlint-disable vitest/expect-expect, vitest/valid-title -- the checks assert, and their names are data
function register(name: string, checks: readonly Check[], timeout: number): void {
  describe(name, () => {
    for (const check of checks) test(check.name, { timeout }, () => check.run());
  });
}

function driverChecks(packageDir: string, driver: Driver, memoryRecords: number): Check[] {
  const load = () => loadConnector(packageDir, driver.kind, driver.class);
  const config = configChecks(configSubject(driver, load));
  // The manifest's kind decided which base class `load` accepts.
  return driver.kind === "source"
    ? [
        ...config,
        ...sourceChecks(driver, load as () => Promise<new () => SourceConnector>, {
          memoryRecords,
        }),
      ]
    : [
        ...config,
        ...sinkChecks(driver, load as () => Promise<new () => SinkConnector>, { memoryRecords }),
      ];
}

function configSubject(driver: Driver, load: () => Promise<new () => Connector>): ConfigSubject {
  return {
    kind: driver.kind,
    connectorClass: load,
    withProps: async (run: (props: Props) => Promise<void>) => {
      const place = await driver.open();
      try {
        await run(place.props);
      } finally {
        await place.close?.();
      }
    },
  };
}
