/** What a run came to. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A test file, as far as counting needs it; vitest's TestModule is one. */
export interface CountedModule {
  errors(): readonly unknown[];
  readonly children: {
    allTests(): Iterable<CountedTest>;
    allSuites(): Iterable<{ errors(): readonly unknown[] }>;
  };
}

interface CountedTest {
  readonly fullName: string;
  result(): { readonly state: TestState };
  diagnostic(): { readonly flaky: boolean } | undefined;
}

type TestState = "passed" | "failed" | "skipped" | "pending";

/**
 * Counts tests, and as a failure each also what went wrong outside of one: a
 * file that cannot be loaded, a hook that throws (a server that does not start;
 * vitest calls the tests behind it skipped), an error that nobody caught.
 */
export function summarise(modules: Iterable<CountedModule>, uncaught: number): Summary {
  const counts = { passed: 0, failed: uncaught, skipped: 0 };
  for (const module of modules) {
    counts.failed += module.errors().length;
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
    for (const test of module.children.allTests()) counts[countedAs(test.result().state)]++;
  }
  return counts;
}

/** Tests that passed when they ran again: each hides a fault, its own or the product's. */
export function unsteady(modules: Iterable<CountedModule>): string[] {
  return [...modules].flatMap((module) =>
    [...module.children.allTests()]
      .filter((test) => test.diagnostic()?.flaky === true)
      .map((test) => test.fullName),
  );
}

function countedAs(state: TestState): keyof Summary {
  // Pending at the end: the run broke off before it.
  return state === "pending" ? "failed" : state;
}

/** The line that CI reads. */
export function summaryLine({ passed, failed, skipped }: Summary): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** A run in which nothing failed but nothing passed either has tested nothing. */
export function isGreen({ passed, failed }: Summary): boolean {
  return failed === 0 && passed > 0;
}
