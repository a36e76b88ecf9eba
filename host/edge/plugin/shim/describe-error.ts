/** What plug-in code threw, as bounded text. It may be anything: a Proxy, a getter that throws, a number. */
export function describeError(error: unknown): {
  readonly message: string
  readonly stack?: string
} {
  try {
    if (error instanceof Error) {
      const message = `${String(error.name).slice(0, 60)}: ${String(error.message).slice(0, 500)}`
      return typeof error.stack === 'string'
        ? { message, stack: error.stack.slice(0, 4000) }
        : { message }
    }
    return {
      message: `It threw ${typeof error === 'object' ? 'an object' : String(error).slice(0, 200)}, not an Error`,
    }
  } catch {
    return { message: 'It threw something that cannot be described' }
  }
}
