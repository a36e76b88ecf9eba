/** The account's currency, known to every cell that shows money. */
import { createContext } from 'svelte'

const [currency, provide] = createContext<() => string>()

/** A function that gives the account's currency; to be called while a component is made. */
export const useCurrency = currency

/** Gives the account's currency to everything below this component. */
export const provideCurrency = provide
