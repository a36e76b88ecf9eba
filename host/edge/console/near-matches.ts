/**
 * Names that are near to one that nobody has: for answers that help a person who mistyped.
 *
 * In       what was asked for, and every name there is
 * Out      at most three names, the nearest first; capitals do not count
 */

const ASKED_LENGTH_MAX = 64
const MATCHES_MAX = 3

/** At most three of `known` that `asked` may have meant, the nearest first. */
export function nearMatches(asked: string, known: readonly string[]): readonly string[] {
  const wanted = asked.slice(0, ASKED_LENGTH_MAX).toLowerCase()
  if (wanted === '') return []
  return known
    .map((name) => ({ name, distance: distanceTo(wanted, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, MATCHES_MAX)
    .map(({ name }) => name)
}

/** The words that follow "unknown": which names are near, or how to see all of them. */
export function nearText(asked: string, known: readonly string[]): string {
  const near = nearMatches(asked, known)
  if (near.length === 0) return known.length === 0 ? 'there are none' : 'none is near to it'
  return `did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`
}

function distanceTo(wanted: string, name: string): number {
  // A part of a name counts as near: people type "infy" for "NSE:INFY".
  if (wanted.length > 1 && (name.includes(wanted) || wanted.includes(name))) return 0
  return editDistance(wanted, name)
}

/** Letters to insert, delete or replace (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let line = 1; line <= a.length; line++) {
    const next = [line]
    for (let column = 1; column <= b.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (a[line - 1] === b[column - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
