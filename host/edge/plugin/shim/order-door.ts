/**
 * The order door: what a handler calls to ask for orders in one instrument.
 *
 * In       decimals and steps from plug-in code
 * Out      outbox records that become visible when the handler returns; the open orders as far as the tape has told
 * Units    the author's side decimals, the outbox ticks
 * Refuses  what no venue could take (NaN, fractions, off the grid): an OrderError that says what would be right
 */
import type { CarriedOrder } from '#sdk/bundle.ts'
import { type Instrument, priceFromDecimal, priceToDecimal } from '#sdk/instrument.ts'
import { ORDER_KINDS, type OrderKind, type Side, SIDES, TIMES_IN_FORCE } from '#sdk/order.ts'
import { ASK, type OutboxWriter } from '#sdk/outbox.ts'
import type { OpenOrder, OrderRef, OrderRequest, Orders } from '#sdk/strategy.ts'

/** A request that no venue could take. The handler that threw it asks for nothing. */
export class OrderError extends Error {
  override readonly name = 'OrderError'
}

/** What all order doors of one carrier share. */
export interface Desk {
  readonly outbox: OutboxWriter
  /** The next order number of this strategy. */
  nextRef: number
  /** Tape record being handled. */
  decidedAt: number
  /** True while a handler runs that may ask for orders. */
  open: boolean
  /** Why it may not, where it may not. */
  closedBecause: string
  /** Orders asked for by the handler that runs now. */
  readonly asked: TrackedOrder[]
  /** New terms asked for by the handler that runs now. */
  readonly terms: {
    readonly order: TrackedOrder
    readonly asked: NonNullable<TrackedOrder['asked']>
  }[]
}

export interface TrackedOrder {
  readonly door: OrderDoor
  readonly ref: OrderRef
  side: Side
  readonly kind: OrderKind
  quantity: number
  filled: number
  limit: number | undefined
  stop: number | undefined
  /** Terms asked for by `modify` and not answered yet. */
  asked?: { readonly limit: number | undefined; readonly stop: number | undefined }
}

export class OrderDoor implements Orders {
  readonly #desk: Desk
  readonly #instrument: Instrument
  readonly #orders: TrackedOrder[] = []
  readonly #held: () => number

  constructor(
    desk: Desk,
    { instrument, held }: { readonly instrument: Instrument; readonly held: () => number },
  ) {
    this.#desk = desk
    this.#instrument = instrument
    this.#held = held
  }

  get open(): readonly OpenOrder[] {
    return this.#orders
  }

  buy(request: OrderRequest): OrderRef {
    return this.#place('BUY', request)
  }

  sell(request: OrderRequest): OrderRef {
    return this.#place('SELL', request)
  }

  cancel(ref: OrderRef): void {
    this.#put(ASK.cancel, {
      side: 0,
      form: 0,
      quantity: Number.NaN,
      limit: undefined,
      stop: undefined,
      target: this.#number(ref),
    })
  }

  cancelAll(): void {
    for (const order of this.#orders) this.cancel(order.ref)
  }

  modify(
    ref: OrderRef,
    terms: { readonly quantity?: number; readonly limit?: number; readonly stop?: number },
  ): void {
    const { quantity, limit, stop } = terms
    const order = this.#orders.find((o) => o.ref === ref)
    if (order === undefined)
      throw new OrderError(
        `Cannot modify order ${String(ref)}: it is not open in "${this.#instrument.id}"`,
      )
    if (quantity !== undefined) this.#checkQuantity(quantity)
    this.#put(ASK.modify, {
      side: 0,
      form: 0,
      quantity: quantity ?? Number.NaN,
      limit: this.#ticks('limit', limit),
      stop: this.#ticks('stop', stop),
      target: ref,
    })
    this.#desk.terms.push({
      order,
      asked: { limit: limit ?? order.limit, stop: stop ?? order.stop },
    })
  }

  target(quantity: number, terms: { readonly limit?: number } = {}): OrderRef {
    if (!Number.isSafeInteger(quantity))
      throw new OrderError(
        `Cannot target ${describe(quantity)}: a position is a whole number of steps`,
      )
    if (quantity !== 0) this.#checkQuantity(Math.abs(quantity))
    const { limit } = terms
    const side: Side = quantity >= this.#held() ? 'BUY' : 'SELL'
    const kind: OrderKind = limit === undefined ? 'MARKET' : 'LIMIT'
    const ref = this.#put(ASK.target, {
      side: 0,
      form: 0,
      quantity,
      limit: this.#ticks('limit', limit),
      stop: undefined,
      target: 0,
    })
    return this.#track({ ref, side, kind, quantity: 0, limit, stop: undefined })
  }

  close(): OrderRef {
    return this.target(0)
  }

  #place(side: Side, request: OrderRequest): OrderRef {
    const { quantity, limit, stop, timeInForce = 'DAY' } = request
    this.#checkQuantity(quantity)
    const force = TIMES_IN_FORCE.indexOf(timeInForce)
    if (force < 0)
      throw new OrderError(
        `Time in force ${describe(timeInForce)} is not one of ${TIMES_IN_FORCE.join(', ')}`,
      )
    const kind = kindOf(limit, stop)
    const form = ORDER_KINDS.indexOf(kind) * 8 + force
    const ref = this.#put(ASK.place, {
      side: SIDES.indexOf(side),
      form,
      quantity,
      limit: this.#ticks('limit', limit),
      stop: this.#ticks('stop', stop),
      target: 0,
    })
    return this.#track({ ref, side, kind, quantity, limit, stop })
  }

  #put(
    ask: number,
    record: {
      readonly side: number
      readonly form: number
      readonly quantity: number
      readonly limit: number | undefined
      readonly stop: number | undefined
      readonly target: number
    },
  ): OrderRef {
    const desk = this.#desk
    if (!desk.open) throw new OrderError(`Cannot ask for orders: ${desk.closedBecause}`)
    const ref = desk.nextRef
    const { side, form, quantity, limit = Number.NaN, stop = Number.NaN, target } = record
    if (
      !desk.outbox.put(
        ask,
        this.#instrument.index,
        side,
        form,
        desk.decidedAt,
        ref,
        quantity,
        limit,
        stop,
        target,
      )
    ) {
      throw new OrderError('Cannot ask for orders: the outbox is full')
    }
    desk.nextRef++
    return ref
  }

  #track(order: Omit<TrackedOrder, 'door' | 'filled'>): OrderRef {
    this.#desk.asked.push({ ...order, door: this, filled: 0 })
    return order.ref
  }

  #checkQuantity(quantity: unknown): void {
    const { id, lot } = this.#instrument
    if (typeof quantity !== 'number' || !Number.isSafeInteger(quantity) || quantity <= 0) {
      throw new OrderError(
        `Quantity ${describe(quantity)} of "${id}" is not a whole number above zero`,
      )
    }
    if (quantity % lot !== 0)
      throw new OrderError(`Quantity ${quantity} of "${id}" is not a multiple of its lot of ${lot}`)
  }

  #number(ref: unknown): number {
    if (typeof ref !== 'number' || !Number.isSafeInteger(ref))
      throw new OrderError(
        `Order number ${describe(ref)} is not a number that buy or sell returned`,
      )
    return ref
  }

  #ticks(what: string, value: number | undefined): number | undefined {
    if (value === undefined) return undefined
    const { id } = this.#instrument
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
      throw new OrderError(`The ${what} ${describe(value)} of "${id}" is not a price above zero`)
    }
    const answer = priceFromDecimal(this.#instrument, value)
    if (answer.ok) return answer.value
    const { below, above } = answer.refusal
    throw new OrderError(
      `The ${what} ${value} of "${id}" is off the tick grid; the nearest prices are ${below} and ${above}`,
    )
  }

  /** Takes over an order that is now known to be asked for or open. */
  add(order: TrackedOrder): void {
    this.#orders.push(order)
  }

  /** Brings an order up to what the tape says of it. */
  settle(
    ref: OrderRef,
    told: {
      readonly done: boolean
      readonly filled: number
      readonly signed: number
      readonly replaced: boolean
    },
  ): void {
    const at = this.#orders.findIndex((order) => order.ref === ref)
    const order = this.#orders[at]
    if (order === undefined) return
    order.filled = told.filled
    if (told.signed !== 0) {
      order.side = told.signed > 0 ? 'BUY' : 'SELL'
      order.quantity = Math.abs(told.signed)
    }
    if (told.replaced && order.asked !== undefined) {
      order.limit = order.asked.limit
      order.stop = order.asked.stop
    }
    if (told.done) this.#orders.splice(at, 1)
  }

  /** An order as it is handed to a starting carrier. */
  restore({ ref, side, order: kind, quantity, filled, limit, stop, asked }: CarriedOrder): void {
    const decimals = (terms: { readonly limit?: number; readonly stop?: number }) => ({
      limit: this.#decimal(terms.limit),
      stop: this.#decimal(terms.stop),
    })
    this.#orders.push({
      door: this,
      ref,
      side,
      kind,
      quantity,
      filled,
      limit: this.#decimal(limit),
      stop: this.#decimal(stop),
      ...(asked === undefined ? {} : { asked: decimals(asked) }),
    })
  }

  /** The open orders, to be handed over. */
  carried(): CarriedOrder[] {
    const { index: instrument } = this.#instrument
    const ticks = ({
      limit,
      stop,
    }: {
      readonly limit: number | undefined
      readonly stop: number | undefined
    }) => ({
      ...(limit === undefined ? {} : { limit: this.#ticks('limit', limit) ?? 0 }),
      ...(stop === undefined ? {} : { stop: this.#ticks('stop', stop) ?? 0 }),
    })
    return this.#orders.map((order) => {
      const { ref, side, kind, quantity, filled, asked } = order
      return {
        ref,
        instrument,
        side,
        order: kind,
        quantity,
        filled,
        ...ticks(order),
        ...(asked === undefined ? {} : { asked: ticks(asked) }),
      }
    })
  }

  #decimal(ticks: number | undefined): number | undefined {
    return ticks === undefined ? undefined : priceToDecimal(this.#instrument, ticks)
  }
}

function kindOf(limit: number | undefined, stop: number | undefined): OrderKind {
  if (limit === undefined) return stop === undefined ? 'MARKET' : 'STOP'
  return stop === undefined ? 'LIMIT' : 'STOP_LIMIT'
}

/** A value of plug-in code as text, without running any of it. */
function describe(value: unknown): string {
  return typeof value === 'object' || typeof value === 'function'
    ? `a ${typeof value}`
    : `${String(value)}`.slice(0, 40)
}
