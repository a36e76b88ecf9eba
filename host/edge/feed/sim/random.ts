/**
 * Random numbers that a seed repeats: xoshiro128**, seeded by splitmix32.
 *
 * Out      uniforms of 32 bits, normals in pairs (Box-Muller), exponentials
 * Touches  nothing; `Math.random` is not used
 * Source   Blackman and Vigna, prng.di.unimi.it/xoshiro128starstar.c
 */
export class Random {
  /** The second normal of the pair that `normal()` made. */
  spare = 0
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number) {
    let state = seed | 0
    const next = () => {
      state = (state + 0x9e3779b9) | 0
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
      return mixed ^ (mixed >>> 15)
    }
    this.#a = next()
    this.#b = next()
    this.#c = next()
    // All four zero is the one state that the generator never leaves.
    this.#d = next() | 1
  }

  /** 32 random bits as a signed integer. */
  bits(): number {
    const b = this.#b
    const scrambled = Math.imul(b, 5)
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9)
    const c = this.#c ^ this.#a
    const d = this.#d ^ b
    this.#b = b ^ c
    this.#a ^= d
    this.#c = c ^ (b << 9)
    this.#d = (d << 11) | (d >>> 21)
    return result
  }

  /** Uniform in (0, 1): never 0, so that its logarithm is finite. */
  uniform(): number {
    return ((this.bits() >>> 0) + 0.5) / 4_294_967_296
  }

  /** Whole number from 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.uniform() * count)
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log(this.uniform())
  }

  /** Standard normal; an independent second one stands in `spare`. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(this.uniform()))
    const angle = 2 * Math.PI * this.uniform()
    this.spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}
