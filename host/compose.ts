/**
 * Wiring: which factory makes what, and of what. The only file that knows awilix. It is a list: no `if`, no logic.
 */
import { join, resolve } from 'node:path'

import { asFunction, asValue, createContainer } from 'awilix'

import { moneyFromDecimal } from '#sdk/money.ts'
import { createTapeMemory, type TapeMemory } from '#sdk/tape.ts'

import { createClientId } from './client-id.ts'
import type { Config } from './config.ts'
import { type Core, createCore } from './core.ts'
import { createDesk, type Desk } from './desk.ts'
import type { Broker } from './edge/broker/broker.ts'
import { createPaperBroker } from './edge/broker/paper/paper.ts'
import type { Clock } from './edge/clock/clock.ts'
import { type Console, createConsole } from './edge/console/console.ts'
import type { Feed, MarketSource } from './edge/feed/feed.ts'
import { createPacedFeed } from './edge/feed/paced.ts'
import type { Journal } from './edge/journal/journal.ts'
import { createWorkerCarrier } from './edge/plugin/carrier.ts'
import { type Carriers, createCarriers } from './edge/plugin/carriers.ts'
import { createFolder, type Folder } from './edge/plugin/folder.ts'
import { createStore, type Store } from './edge/store/store.ts'
import { createHost } from './host.ts'
import { riskLimits } from './limits.ts'
import type { Log } from './log.ts'
import { createRelay, type Relay } from './relay.ts'
import { createViews, type Views } from './views.ts'

/** What is there before anything is composed: choices, and things that take time to open. */
export interface Given {
  readonly config: Config
  /** Where `.hotdesk`, `plugins` and `ui/dist` stand. */
  readonly root: string
  readonly version: string
  readonly mode: 'paper' | 'live'
  readonly feedName: string
  readonly source: MarketSource
  /** Desk time from which the source is played through at start; that of the clock where there is no past. */
  readonly historyFrom: number
  readonly clock: Clock
  readonly journal: Journal
  readonly databaseUrl: string
  readonly log: Log
}

/** Everything of one desk by name. */
export interface Parts {
  readonly config: Config
  readonly source: MarketSource
  readonly historyFrom: number
  readonly clock: Clock
  readonly now: () => number
  readonly journal: Journal
  readonly log: Log
  readonly tape: TapeMemory
  readonly relay: Relay
  readonly core: Core
  readonly feed: Feed
  readonly broker: Broker
  readonly carriers: Carriers
  readonly folder: Folder
  readonly store: Store
  readonly views: Views
  readonly desk: Desk
  readonly console: Console
}

const GRACE_MICROS = 250_000

/** Everything of one desk, made when it is asked for. Resolve `host` to have it all. */
export function compose(given: Given) {
  const { config, root, version, mode } = given
  return createContainer({ strict: true, injectionMode: 'PROXY' })
    .register({
      config: asValue(config),
      source: asValue(given.source),
      historyFrom: asValue(given.historyFrom),
      clock: asValue(given.clock),
      journal: asValue(given.journal),
      log: asValue(given.log),
      now: asValue(given.clock.now),
      tape: asFunction(() => createTapeMemory()).singleton(),
      /** Where rooms are told of each other's news before the host is made. */
      relay: asFunction(createRelay).singleton(),
    })
    .register({
      core: asFunction(({ tape, source, journal, relay }: Parts) =>
        createCore({
          specs: source.instruments,
          tape,
          settings: config.strategies,
          limits: riskLimits(config.capital, config.limits),
          clientId: createClientId({ hostKey: journal.hostKey, account: mode }),
          graceMicros: GRACE_MICROS,
          onBar: relay.onBar,
        }),
      ).singleton(),
    })
    .register({
      feed: asFunction(({ source, clock }: Parts) =>
        createPacedFeed({ name: given.feedName, source, clock }),
      ).singleton(),
      broker: asFunction(({ core, now }: Parts) =>
        createPaperBroker({
          instruments: core.instruments,
          now,
          latencyMicros: config.paper.latencyMs * 1000,
          charges: {
            bps: config.paper.chargesBps,
            perOrder: moneyFromDecimal(config.paper.chargesPerOrder),
          },
          folder: resolve(root, config.home),
          timers: true,
        }),
      ).singleton(),
      carriers: asFunction(({ core, tape, now }: Parts) =>
        createCarriers({
          tape,
          instruments: core.instruments,
          now,
          create: createWorkerCarrier,
          watched: true,
        }),
      ).singleton(),
      folder: asFunction(({ now, relay }: Parts) =>
        createFolder({
          folder: resolve(root, config.pluginsFolder),
          store: resolve(root, config.home, 'bundles'),
          now,
          onEvent: relay.onBundle,
          onTrouble: relay.onTrouble,
        }),
      ).singleton(),
      store: asFunction(({ journal, core, log, relay }: Parts) =>
        createStore({
          url: given.databaseUrl,
          journal,
          instruments: core.instruments,
          log,
          onLink: relay.onStoreLink,
        }),
      ).singleton(),
    })
    .register({
      views: asFunction(({ core, carriers, now }: Parts) =>
        createViews({
          core,
          carriers,
          now,
          about: {
            mode,
            version,
            currency: config.currency,
            capital: config.capital,
            startedAt: now(),
          },
        }),
      ).singleton(),
      desk: asFunction(({ core, broker, carriers, journal, now, relay }: Parts) =>
        createDesk({
          core,
          broker,
          carriers,
          now,
          write: (records) => journal.append(records),
          onRecords: relay.onRecords,
          onMarket: relay.onMarket,
          onError: relay.onError,
        }),
      ).singleton(),
      console: asFunction(({ views, log, relay }: Parts) =>
        createConsole({
          views,
          command: relay.onCommand,
          port: config.port,
          uiFolder: join(root, 'ui', 'dist'),
          metrics: relay.gauges,
          log,
          version,
        }),
      ).singleton(),
    })
    .register({ host: asFunction(createHost).singleton() })
}
