import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Tests run from source: the project's own export condition leads to src/, and
// worker threads that the code under test starts inherit it from their process.
const properties = fileURLToPath(new URL("tools/ci/src/properties.ts", import.meta.url));
const fromSource = {
  plugins: [
    {
      name: "fast-check with the repository's seed",
      enforce: "pre" as const,
      resolveId: (id: string, importer: string | undefined) =>
        id === "fast-check" && importer !== properties ? properties : undefined,
    },
  ],
  resolve: { conditions: ["@millrace/source"] },
  ssr: { resolve: { conditions: ["@millrace/source"] } },
};
// A real server that several files of a run share is started when the first asks for it.
const globalSetup = ["tools/services/src/vitest-setup.ts"];
const execArgv = [
  "--conditions=@millrace/source",
  // V8 loses track of code pages now and then where threads come and go and the processor has
  // protection keys: "Check failed: jit_page.has_value()" ends the process (nodejs/node#64500).
  "--no-memory-protection-keys",
];
const forks = { pool: "forks" as const, execArgv };

export default defineConfig({
  test: {
    // Also on two cores: int tests mostly wait for their servers.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        ...fromSource,
        test: {
          ...forks,
          name: "unit",
          include: ["{packages,tools}/*/src/**/*.test.ts", "{packages,tools}/*/test/**/*.test.ts"],
          exclude: ["**/*.int.test.ts", "**/*.e2e.test.ts", "**/node_modules/**"],
        },
      },
      {
        ...fromSource,
        test: {
          ...forks,
          name: "int",
          globalSetup,
          include: ["{packages,tools}/*/{src,test}/**/*.int.test.ts"],
          exclude: ["**/node_modules/**"],
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        ...fromSource,
        test: {
          ...forks,
          name: "e2e",
          globalSetup,
          include: ["{packages,tools}/*/{src,test}/**/*.e2e.test.ts"],
          exclude: ["**/node_modules/**"],
          testTimeout: 1_800_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
