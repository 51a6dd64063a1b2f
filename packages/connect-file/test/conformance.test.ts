import { conformance } from "@millrace/connect-testkit/conformance";
import { fileSink, fileSource, manyFilesSink, manyFilesSource } from "./drivers.ts";

conformance({
  packageDir: `${import.meta.dirname}/..`,
  drivers: [fileSource, fileSink, manyFilesSource, manyFilesSink],
  memoryRecords: 20_000,
});
