import { conformance } from "@millrace/connect-testkit/conformance";

conformance({ packageDir: `${import.meta.dirname}/..`, drivers: [] });
