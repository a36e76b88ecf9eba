/** Everything that can be wrong with the store, as one line that says what to do. No message holds a password. */
export type StoreErrorCode =
  /** The private PostgreSQL cannot be prepared or started. */
  | 'store/embedded'
  /** The address is not one. */
  | 'store/address'
  /** It does not answer, or refuses us. */
  | 'store/away'
  /** Another host uses the database. */
  | 'store/locked'
  /** The tables are not ours, or newer than this program. */
  | 'store/schema'
  /** The database belongs to another journal, or is ahead of it. */
  | 'store/journal'

/** A fault of the store. `message` is one line for the operator. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Where the store says what it does. */
export interface StoreLog {
  info(text: string): void
  warn(text: string): void
}
