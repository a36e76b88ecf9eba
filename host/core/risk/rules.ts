/** The rules of the gate, in the order in which they are asked. The first that refuses is the answer. */
import type { Refusal } from '#sdk/refusal.ts'

import type { Facts, Rule } from './facts.ts'
import {
  dailyLoss,
  exposureMax,
  hasReference,
  isNotHalted,
  orderQuantity,
  ordersPerSecond,
  orderValue,
  positionMax,
  priceCollar,
  referenceIsFresh,
  sizeIsGranted,
} from './limit-rules.ts'
import {
  formIsGranted,
  gateIsOpen,
  isValid,
  placeIsGranted,
  strategyIsActive,
} from './permission-rules.ts'

/** What nobody may pass, not even to get out. */
const RULES_FOR_ALL: readonly Rule[] = [isValid, gateIsOpen, strategyIsActive, formIsGranted]

/** What a reduction is excused from. */
const RULES_FOR_ENTRIES: readonly Rule[] = [
  placeIsGranted,
  sizeIsGranted,
  isNotHalted,
  orderQuantity,
  orderValue,
  hasReference,
  referenceIsFresh,
  priceCollar,
  positionMax,
  exposureMax,
  ordersPerSecond,
  dailyLoss,
]

/** The first no, or undefined. */
export function firstRefusal(facts: Facts): Refusal | undefined {
  for (const rule of RULES_FOR_ALL) {
    const refusal = rule(facts)
    if (refusal) return refusal
  }
  if (facts.reduces) return undefined
  for (const rule of RULES_FOR_ENTRIES) {
    const refusal = rule(facts)
    if (refusal) return refusal
  }
  return undefined
}
