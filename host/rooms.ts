/**
 * The map of the host, in the order of the walk: what each room takes and gives, what it may touch, what it may import.
 * `rooms.test.ts` holds every import to it; the table in ARCHITECTURE.md is printed from it.
 */

/** Rooms of `host/core` decide and touch nothing; rooms of `host/edge` touch one outside thing and decide nothing. */
export type RoomKind = 'core' | 'edge' | 'lab'

/** One room of the map. What it may import follows from its kind and its place in the walk. */
export interface Room {
  /** Folder below `host/`. */
  readonly name: string
  readonly kind: RoomKind
  readonly takes: string
  readonly gives: string
  readonly touches: string
}

/** Every room, in the order of the walk. */
export const ROOMS: readonly Room[] = [
  {
    name: 'edge/feed',
    kind: 'edge',
    takes: 'vendor frames, tapes, a seed',
    gives: '`MarketEvent`',
    touches: 'market data socket or file',
  },
  {
    name: 'core/market',
    kind: 'core',
    takes: '`MarketEvent`, `TimeEvent`',
    gives: 'ticks, closed bars and indicator values onto the tape',
    touches: 'nothing',
  },
  {
    name: 'edge/plugin',
    kind: 'edge',
    takes: 'bundle files, the tape',
    gives: '`BundleEvent`, `CarrierEvent`, `Intent`',
    touches: 'the drop folder, carriers',
  },
  {
    name: 'core/strategy',
    kind: 'core',
    takes: '`BundleEvent`, `CarrierEvent`, `Command`',
    gives: 'what each carrier must do',
    touches: 'nothing',
  },
  {
    name: 'core/risk',
    kind: 'core',
    takes: '`Intent`, `Exposure`',
    gives: '`Approved` or `Refusal`',
    touches: 'nothing',
  },
  {
    name: 'core/order',
    kind: 'core',
    takes: '`Approved`, `OrderReport`, `Command`',
    gives: 'what the broker must do, `Fill`',
    touches: 'nothing',
  },
  {
    name: 'core/position',
    kind: 'core',
    takes: '`Fill`, marks',
    gives: 'books, profit, records',
    touches: 'nothing',
  },
  {
    name: 'core/reconcile',
    kind: 'core',
    takes: '`BrokerSnapshot`, our books',
    gives: 'corrections, protections, the state of the gate',
    touches: 'nothing',
  },
  {
    name: 'edge/broker',
    kind: 'edge',
    takes: 'submit, modify, cancel',
    gives: '`OrderReport`, `BrokerSnapshot`',
    touches: "one broker's API",
  },
  {
    name: 'edge/journal',
    kind: 'edge',
    takes: 'records',
    gives: 'records again, on restart',
    touches: 'SQLite',
  },
  {
    name: 'edge/store',
    kind: 'edge',
    takes: 'records',
    gives: 'positions and history, when asked',
    touches: 'PostgreSQL',
  },
  {
    name: 'edge/console',
    kind: 'edge',
    takes: 'views',
    gives: '`Command`',
    touches: 'HTTP port',
  },
  {
    name: 'edge/clock',
    kind: 'edge',
    takes: 'the time of day',
    gives: '`TimeEvent`',
    touches: 'the clock',
  },
  {
    name: 'lab',
    kind: 'lab',
    takes: 'tapes, bundles',
    gives: 'runs, reports',
    touches: 'files, carriers',
  },
]

/** Edges whose doors the lab may use: a backtest wires a tape feed, the paper venue and carriers of its own. */
export const LAB_EDGES: readonly string[] = ['edge/feed', 'edge/broker', 'edge/plugin']

/** Folders of `host/` that hold no room. */
export const HOST_FOLDERS: readonly string[] = ['core', 'edge', 'lab', 'decisions']

/** The room of that name; undefined where the map has none. */
export function findRoom(name: string): Room | undefined {
  return ROOMS.find((room) => room.name === name)
}

/** Core rooms that stand before `room` in the walk: the ones whose types it may name. */
export function earlierCoreRooms(room: Room): readonly string[] {
  const before = ROOMS.slice(0, ROOMS.indexOf(room))
  return before.filter(({ kind }) => kind === 'core').map(({ name }) => name)
}

/** What a room may import, as a line of the table. */
export function mayImport(room: Room): string {
  switch (room.kind) {
    case 'edge':
      return 'sdk, packages'
    case 'lab':
      return `sdk, packages, the files of host/, the doors of the core and of ${LAB_EDGES.join(', ')}`
    case 'core': {
      const earlier = earlierCoreRooms(room).map((name) => name.replace('core/', ''))
      return earlier.length === 0 ? 'sdk' : `sdk; types of ${earlier.join(', ')}`
    }
  }
}

/** The map as the Markdown table of ARCHITECTURE.md. */
export function renderRooms(): string {
  const rows = ROOMS.map((room) => {
    const { name, takes, gives, touches } = room
    return `| ${[name, takes, gives, touches, mayImport(room)].join(' | ')} |`
  })
  const head = [
    '| Room | takes | gives | may touch | may import |',
    '| --- | --- | --- | --- | --- |',
  ]
  return `${[...head, ...rows].join('\n')}\n`
}
