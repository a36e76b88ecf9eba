/** Which methods a path answers: for 405 instead of 404, and to tell a route from a page of the user interface. */
import type { ConsoleApi } from './routes.ts'

/** Methods of the routes whose pattern fits `path`; undefined where none does. */
export function allowedMethods(routes: ConsoleApi, path: string): readonly string[] | undefined {
  const asked = path.split('/')
  const methods = routes.routes
    .filter((route) => fits(route.path.split('/'), asked))
    .map(({ method }) => method)
  if (methods.length === 0) return undefined
  return methods.includes('GET') ? [...methods, 'HEAD'] : methods
}

function fits(pattern: readonly string[], asked: readonly string[]): boolean {
  if (pattern.length !== asked.length) return false
  return pattern.every((part, index) =>
    part.startsWith(':') ? asked[index] !== '' : part === asked[index],
  )
}
