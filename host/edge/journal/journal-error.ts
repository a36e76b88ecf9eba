/** Everything that can be wrong with a journal, as one line that says what to do. */
export type JournalErrorCode =
  'journal/locked' | 'journal/foreign' | 'journal/damaged' | 'journal/full' | 'journal/failed'

/** A fault of the journal. `message` is one line for the operator. */
export class JournalError extends Error {
  override readonly name = 'JournalError'
  readonly code: JournalErrorCode

  constructor(code: JournalErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
