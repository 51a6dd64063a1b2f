export { createPlugin, FolderNotEmptyError } from "./create-plugin.ts";
export { NameError, type Names, namesOf } from "./names.ts";
