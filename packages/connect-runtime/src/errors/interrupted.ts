import { ConnectError } from "@millrace/connect-api";

/**
 * The task is to stop, and what it was about is left as it was: the record at hand is
 * neither delivered nor skipped, and is read again when the task runs the next time (I2).
 */
export class Interrupted extends ConnectError {}
