/** The door of the testkit: everything that the test of a strategy imports, beside bun:test. */
export {
  type BundleRun,
  type Recording,
  recordedTape,
  runFolder,
  type RunOptions,
  runStrategy,
  simulatedTape,
  type SimulatedOptions,
  type StrategyRun,
  type Tape,
  type TapeBar,
  type TapeRow,
  type TapeTick,
  type TapeTime,
  type TestFill,
  type TestOrder,
  type TestRefusal,
  type TestTrade,
} from '#host/lab/testkit.ts'

export { contract, type ContractOptions } from './contract.ts'
export { measured } from './measured.ts'
export { bars, path, ticks, walk, type WalkOptions } from './tapes.ts'
