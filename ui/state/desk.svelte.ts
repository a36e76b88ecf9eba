/**
 * The desk as it last was: strategies, account, instruments, the link, the time; and what a person asks of it.
 *
 * In       boards and link changes from the wire; wishes of the person
 * Out      values to show. Nothing here computes money: every number is the desk's
 */
import type { AccountView, InstrumentView, ServerMessage, StrategyView } from '#sdk/view.ts'

import type { Rest, StrategyVerb } from '../wire/rest.ts'
import type { Link } from '../wire/socket.ts'
import { createDeskClock } from './desk-clock.ts'
import type { Toasts } from './toasts.svelte.ts'

type Board = Extract<ServerMessage, { type: 'board' }>

export interface Desk {
  /** Undefined until the desk has answered once. */
  readonly strategies: readonly StrategyView[] | undefined
  readonly account: AccountView | undefined
  readonly instruments: readonly InstrumentView[] | undefined
  readonly link: Link
  /** Desk time, microseconds, moving; 0 before the first word. */
  readonly now: number
  readonly selected: StrategyView | undefined
  /** Ids of strategies with a request on its way. */
  readonly busy: ReadonlySet<string>
  /** Chooses a strategy; the same one again, or undefined, chooses none. */
  select(id: string | undefined): void
  /** Chooses the row so many below the chosen one. */
  selectBy(step: number): void
  ask(strategy: string, verb: StrategyVerb): Promise<void>
  /** True where the desk took it. */
  halt(reason: string): Promise<boolean>
  resume(reason: string): Promise<boolean>
  load(): Promise<void>
  loadInstruments(): Promise<void>
  onBoard(board: Board): void
  onTime(now: number): void
  onLink(link: Link): void
  start(): void
}

export function createDesk({
  rest,
  toasts,
}: {
  readonly rest: Rest
  readonly toasts: Toasts
}): Desk {
  const clock = createDeskClock()
  let strategies = $state.raw<readonly StrategyView[] | undefined>(undefined)
  let account = $state.raw<AccountView | undefined>(undefined)
  let instruments = $state.raw<readonly InstrumentView[] | undefined>(undefined)
  let link = $state.raw<Link>({ state: 'connecting' })
  let now = $state(0)
  let selectedId = $state<string | undefined>(undefined)
  let busy = $state.raw<ReadonlySet<string>>(new Set())
  let boards = 0
  const selected = $derived(strategies?.find(({ id }) => id === selectedId))

  /** Runs one request; a no is shown with the desk's own words. */
  async function attempt(what: string, request: () => Promise<unknown>): Promise<boolean> {
    try {
      await request()
      return true
    } catch (error) {
      toasts.problem(what, error)
      return false
    }
  }

  async function load() {
    boards = 0
    const [nextStrategies, nextAccount] = await Promise.all([rest.strategies(), rest.account()])
    // A board that came while the desk answered is the newer word.
    if (boards > 0) return
    strategies = nextStrategies
    account = nextAccount
  }

  function onTime(deskNow: number) {
    clock.heard(deskNow, performance.now())
    now = clock.now(performance.now())
  }

  return {
    get strategies() {
      return strategies
    },
    get account() {
      return account
    },
    get instruments() {
      return instruments
    },
    get link() {
      return link
    },
    get now() {
      return now
    },
    get selected() {
      return selected
    },
    get busy() {
      return busy
    },
    select(id) {
      selectedId = id === selectedId ? undefined : id
    },
    selectBy(step) {
      const rows = strategies ?? []
      const at = rows.findIndex(({ id }) => id === selectedId)
      const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step
      selectedId = rows[Math.min(rows.length - 1, Math.max(0, next))]?.id
    },
    async ask(strategy, verb) {
      if (busy.has(strategy)) return
      busy = new Set([...busy, strategy])
      const taken = await attempt(`Cannot ${verb} "${strategy}"`, () => rest.ask(strategy, verb))
      if (taken) toasts.note(`${capital(verb)} "${strategy}": the desk has taken it`)
      busy = new Set([...busy].filter((id) => id !== strategy))
    },
    halt: (reason) => attempt('Cannot halt entries', () => rest.halt(reason)),
    resume: (reason) => attempt('Cannot resume entries', () => rest.resume(reason)),
    async load() {
      await attempt('Cannot read the board', load)
    },
    async loadInstruments() {
      await attempt('Cannot read the instruments', async () => {
        instruments = await rest.instruments()
      })
    },
    onBoard(board) {
      boards += 1
      strategies = board.strategies
      account = board.account
      onTime(board.now)
    },
    onTime,
    onLink(next) {
      link = next
    },
    start() {
      setInterval(() => {
        // A time that goes on while nothing is heard would make old numbers look fresh.
        if (link.state === 'open') now = clock.now(performance.now())
      }, 250)
    },
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
