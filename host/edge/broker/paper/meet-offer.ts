/**
 * How one open order meets what one event offers.
 *
 * In       an order that may trade, an offer
 * Out      how many steps trade; the price is left in `at`
 * Asserts  never more than the order has left; never beyond its limit
 * Touches  nothing but the offer's sizes, which it uses up, and the order's `taking`
 */
import { type BookOrder, isLimited } from './book-order.ts'
import type { Offer } from './quotes.ts'

/** Where a trade's price is left. One object, reused. */
export interface Meeting {
  at: number
}

/** True where the event reaches the order's stop: by a trade; by the opposite quote while the instrument has not traded. */
export function reachesStop(order: BookOrder, offer: Offer): boolean {
  if (order.side === 'BUY') return (offer.traded ? offer.print : offer.ask) >= order.stop
  return (offer.traded ? offer.print : offer.bid) <= order.stop
}

/** Trades what the event lets the order trade. */
export function meetOffer(order: BookOrder, offer: Offer, meeting: Meeting): number {
  const buys = order.side === 'BUY'
  const touch = buys ? offer.ask : offer.bid
  const wanted = order.quantity - order.filled
  if (!isLimited(order.kind)) {
    meeting.at = touch
    return Number.isNaN(touch) ? 0 : takeTouch(offer, buys, wanted)
  }
  const marketable = buys ? touch <= order.limit : touch >= order.limit
  if (marketable && order.taking) {
    meeting.at = touch
    return takeTouch(offer, buys, wanted)
  }
  order.taking = false
  if (order.timeInForce === 'IOC') return 0
  meeting.at = order.limit
  const through = buys ? offer.print < order.limit : offer.print > order.limit
  const taken = through ? takePrint(offer, wanted) : 0
  // A quote made from trades says nothing that the print does not say.
  return marketable && offer.quoted ? taken + takeTouch(offer, buys, wanted - taken) : taken
}

function takeTouch(offer: Offer, buys: boolean, wanted: number): number {
  if (!(buys ? offer.askSized : offer.bidSized)) return takePrint(offer, wanted)
  const taken = Math.min(wanted, buys ? offer.askLeft : offer.bidLeft)
  if (buys) offer.askLeft -= taken
  else offer.bidLeft -= taken
  return taken
}

function takePrint(offer: Offer, wanted: number): number {
  const taken = Math.min(wanted, offer.printLeft)
  offer.printLeft -= taken
  return taken
}
