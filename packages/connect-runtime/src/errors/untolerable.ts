import { ConnectError } from "@millrace/connect-api";

/** Has nothing to do with the one record it hits: skipping that would not help, so the task fails. */
export class UntolerableError extends ConnectError {}
