export { BasicAuthSecurityRestExtension } from "./basic-auth/extension.ts";
export { RolesExtension } from "./roles/extension.ts";
