export type * from "./client/answers.ts";
export { ConnectClient, type ConnectClientOptions } from "./client/connect-client.ts";
export { RefusedError, TimedOutError, UnreachableError } from "./client/errors.ts";
export { type ClientTls, type Credentials, type Endpoint, HttpClient } from "./client/http.ts";
