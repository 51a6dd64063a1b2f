export { contentProblems } from "./contents.ts";
export { installPacked, npmInstall } from "./install.ts";
export { pack, REPOSITORY, type Packed } from "./pack.ts";
export { pluginPackages, RUNTIME } from "./plugins.ts";
export { run } from "./run.ts";
export { megabytes, type Size, sizeOf } from "./size.ts";
