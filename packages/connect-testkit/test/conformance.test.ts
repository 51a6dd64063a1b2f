import { conformance } from "../src/conformance.ts";
import { shelfSink, shelfSource } from "./drivers.ts";

conformance({ packageDir: `${import.meta.dirname}/fixture`, drivers: [shelfSource, shelfSink] });
