/** Stands for a credential in what is kept or shown of a conversation. */
export const COVERED = "redacted";
