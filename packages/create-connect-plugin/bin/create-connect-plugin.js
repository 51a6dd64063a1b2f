#!/usr/bin/env node
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(
    `create-connect-plugin needs Node 22.22 or newer; this is ${process.version}.\n`,
  );
  process.exit(2);
}
const { main } = await import("../dist/main.js");
process.exitCode = await main();
