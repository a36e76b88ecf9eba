/**
 * Rows of the blotter: newest first, so many and no more.
 *
 * In       rows as they stand, and a row as the desk gives it
 * Out      new rows; the ones given are never changed
 */

/** Rows that are kept and shown. */
export const ROWS_MAX = 200

/** Puts `row` in the place of the row with its key, or on top of the others where it is new. */
export function placeRow<T>(
  rows: readonly T[],
  row: T,
  {
    key,
    newer,
  }: { readonly key: (row: T) => string; readonly newer: (row: T, than: T) => boolean },
): readonly T[] {
  const id = key(row)
  const at = rows.findIndex((other) => key(other) === id)
  const standing = rows[at]
  if (standing === undefined) return [row, ...rows].slice(0, ROWS_MAX)
  // The answer to a question asked before may come after the news.
  return newer(standing, row) ? rows : rows.with(at, row)
}

/** What the desk answered, with the words on it that came while it was answering: the answer may be older than they. */
export function completeRows<T>(
  answer: readonly T[],
  heard: readonly T[],
  by: Parameters<typeof placeRow<T>>[2],
): readonly T[] {
  return heard.reduce<readonly T[]>(
    (rows, row) => placeRow(rows, row, by),
    answer.slice(0, ROWS_MAX),
  )
}
