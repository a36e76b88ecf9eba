/** Short words to the person: that something was asked for, or why it was not done. */
export interface Toast {
  readonly number: number
  readonly tone: 'note' | 'problem'
  readonly title: string
  readonly detail: string
}

export interface Toasts {
  readonly shown: readonly Toast[]
  note(title: string, detail?: string): void
  problem(title: string, error: unknown): void
  close(number: number): void
}

const NOTE_MILLIS = 4_000
const SHOWN_MAX = 4

export function createToasts(): Toasts {
  let shown = $state.raw<readonly Toast[]>([])
  let count = 0

  function show(tone: Toast['tone'], title: string, detail: string) {
    const number = ++count
    // The same trouble again replaces the word on it: a desk that is away would fill the screen.
    const others = shown.filter((toast) => toast.title !== title || toast.detail !== detail)
    shown = [...others, { number, tone, title, detail }].slice(-SHOWN_MAX)
    return number
  }

  function close(number: number) {
    shown = shown.filter((toast) => toast.number !== number)
  }

  return {
    get shown() {
      return shown
    },
    note(title, detail = '') {
      const number = show('note', title, detail)
      setTimeout(() => close(number), NOTE_MILLIS)
    },
    // A problem stays until it is closed: it may be the only trace of an order that did not leave.
    problem(title, error) {
      show('problem', title, error instanceof Error ? error.message : String(error))
    },
    close,
  }
}
