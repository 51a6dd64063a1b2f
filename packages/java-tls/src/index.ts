export { TlsError, tlsOptions, type TlsSettings, type TlsValues } from "./tls-options.ts";
