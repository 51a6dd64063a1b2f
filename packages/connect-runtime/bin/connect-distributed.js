#!/usr/bin/env node
import { requireNode } from "../dist/cli/node-version.js";

requireNode();
await import("../dist/cli/connect-distributed.js");
