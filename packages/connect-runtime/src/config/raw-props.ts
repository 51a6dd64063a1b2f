/** A configuration as a client sent it; null is what Java calls a null value. */
export type RawProps = Readonly<Record<string, string | null>>;
