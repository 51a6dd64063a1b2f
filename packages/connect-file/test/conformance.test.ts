import { conformance } from "@millrace/connect-testkit/conformance";
import { fileSink, fileSource } from "./drivers.ts";

conformance({ packageDir: `${import.meta.dirname}/..`, drivers: [fileSource, fileSink] });
