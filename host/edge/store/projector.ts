/**
 * The projector: keeps the database at the end of the journal, and starts again where it was after any failure.
 *
 * In       a poke after each append
 * Out      rows in the database; `onLink` whenever it starts or stops working
 * Units    `appliedSeq`: sequence number of the last record that the database has
 * Asserts  never throws into the caller, never skips a record: one that PostgreSQL refuses is set aside, whole
 * Touches  the database, by a connection that also holds the host's lock
 */
import type { NumberedRecord } from '#sdk/record.ts'

import { applyRecords, setAside } from './apply.ts'
import { isRefusedData, reasonOf, type Sql } from './connect.ts'
import { StoreError, type StoreLog } from './store-error.ts'

const BATCH = 1000
const PAUSE_MS_MIN = 50
const PAUSE_MS_MAX = 2_000

/** What the store needs of a journal. */
export interface JournalTail {
  readonly journalId: string
  readonly lastSeq: number
  read(after: number, limit: number): NumberedRecord[]
}

export interface Projector {
  readonly appliedSeq: number
  readonly working: boolean
  poke(): void
  /** Applies what is in the journal now; throws what stands in the way. For the start, before anything runs. */
  catchUp(): Promise<void>
  /** True once the database has all that is in the journal now; false where `millis` did not suffice. */
  settled(millis: number): Promise<boolean>
  stop(): Promise<void>
}

export interface ProjectorOptions {
  readonly sql: Sql
  readonly journal: JournalTail
  readonly appliedSeq: number
  readonly log: StoreLog
  /** Takes the host's lock again if the connection was lost; throws where another host has it. */
  readonly ensureLock: () => Promise<void>
  readonly onLink: (working: boolean, reason: string) => void
  /** After so long without an answer the database counts as away; the answer is still waited for. */
  readonly answerSeconds: number
}

/** A projector that stands at `appliedSeq`. */
export function createProjector({
  sql,
  journal,
  appliedSeq: from,
  log,
  ensureLock,
  onLink,
  answerSeconds,
}: ProjectorOptions): Projector {
  const { journalId } = journal
  let appliedSeq = from
  let working = true
  let stopped = false
  let running: Promise<void> | undefined
  let wake = () => {}

  const link = (now: boolean, reason: string) => {
    if (now === working) return
    working = now
    onLink(now, reason)
  }

  async function applyBatch(records: readonly NumberedRecord[]): Promise<void> {
    const to = records.at(-1)?.seq ?? appliedSeq
    try {
      await moveTo(to, () => applyRecords(sql, { records, journalId, from: appliedSeq, to }))
    } catch (error) {
      if (!isRefusedData(error)) throw error
      const [record] = records
      if (record === undefined || records.length > 1) await applyEach(records)
      else await putAside(record, reasonOf(error))
    }
  }

  async function applyEach(records: readonly NumberedRecord[]): Promise<void> {
    for (const record of records) {
      await applyBatch([record])
      // The database was moved under us: begin again from where it is.
      if (appliedSeq !== record.seq) return
    }
  }

  async function putAside(record: NumberedRecord, error: string): Promise<void> {
    const { seq, kind } = record
    log.warn(
      `The database refuses journal record ${seq} (${kind}): ${error}; it is kept in table "unapplied"`,
    )
    await moveTo(seq, () => setAside(sql, { record, error, journalId, from: appliedSeq, to: seq }))
  }

  async function moveTo(to: number, write: () => Promise<boolean>): Promise<void> {
    if (!(await write())) return readPlace()
    appliedSeq = to
  }

  /** The commit of a broken connection may have gone through, or the database may have been put back. */
  async function readPlace(): Promise<void> {
    const [host] = await sql<
      { applied_seq: number }[]
    >`select applied_seq from host where journal_id = ${journalId}`
    if (host === undefined)
      throw new StoreError('store/journal', 'the database belongs to another journal')
    if (host.applied_seq > journal.lastSeq)
      throw new StoreError('store/journal', 'the database is ahead of the journal')
    appliedSeq = host.applied_seq
  }

  async function catchUp(): Promise<void> {
    for (
      let records = journal.read(appliedSeq, BATCH);
      records.length > 0;
      records = journal.read(appliedSeq, BATCH)
    ) {
      const hanging = setTimeout(() => link(false, 'it does not answer'), answerSeconds * 1000)
      try {
        await ensureLock()
        await applyBatch(records)
      } finally {
        clearTimeout(hanging)
      }
      link(true, '')
      if (stopped) return
    }
  }

  async function run(): Promise<void> {
    for (let pause = PAUSE_MS_MIN; !stopped; pause = Math.min(pause * 2, PAUSE_MS_MAX)) {
      try {
        await catchUp()
        return
      } catch (error) {
        link(false, reasonOf(error))
      }
      await sleep(pause)
    }
  }

  function sleep(millis: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, millis)
    wake = () => {
      clearTimeout(timer)
      resolve()
    }
    return promise
  }

  function poke(): void {
    if (stopped || running !== undefined) return
    running = run().finally(() => {
      running = undefined
      // What was appended between the last read and here has had its poke already.
      if (!stopped && journal.lastSeq > appliedSeq) poke()
    })
  }

  return {
    get appliedSeq() {
      return appliedSeq
    },
    get working() {
      return working
    },
    poke,
    catchUp,
    async settled(millis) {
      const goal = journal.lastSeq
      for (
        const deadline = Bun.nanoseconds() + millis * 1e6;
        appliedSeq < goal;
        await Bun.sleep(2)
      ) {
        if (Bun.nanoseconds() > deadline) return false
        poke()
      }
      return true
    },
    async stop() {
      stopped = true
      wake()
      await running
    },
  }
}
