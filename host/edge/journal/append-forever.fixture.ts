/** Appends batches to the journal of the folder given until it is killed; prints the last sequence number of each. */
import { openJournal } from './journal.ts'

const journal = openJournal({ folder: process.argv[2] ?? '' })
for (let batch = 1; ; batch++) {
  // The reason names the batch and its size, so that a reader can tell a torn batch from a whole one.
  const size = 1 + (batch % 5)
  const record = { kind: 'halt', halted: true, reason: `${batch}/${size}`, by: 'test' } as const
  const last = journal.append(Array.from({ length: size }, (_, at) => ({ ...record, at })))
  process.stdout.write(`${last}\n`)
}
