/**
 * The console's gate: whether a request may be looked at, before any route sees it.
 *
 * In       a request, and the port that the console listens on
 * Out      nothing, or the problem that refuses it
 * Refuses  wrong-host       another Host than 127.0.0.1, localhost or [::1] with our port, to the letter (DNS rebinding)
 *          wrong-origin     a page of another site that writes or opens the WebSocket; a browser that hides its page
 *          missing-header   a write without `x-hotdesk: 1`, which no form and no simple fetch can send
 *          wrong-content-type, length-required, too-large    a write that is not a small JSON body of known length
 * Source   reference/security.md, rows X01, X02, X04, X08, X14, X19
 */
import { Problem } from './problem.ts'

/** Largest body that is read, bytes. */
export const BODY_BYTES_MAX = 64 * 1024

/** Names under which the loopback is reached, as they stand in a Host header and in an Origin. */
export interface Names {
  readonly hosts: ReadonlySet<string>
  readonly origins: ReadonlySet<string>
}

/** The names of a console on `port`. A browser leaves the default port 80 out. */
export function loopbackNames(port: number): Names {
  const suffixes = port === 80 ? [':80', ''] : [`:${port}`]
  const hosts = ['127.0.0.1', 'localhost', '[::1]'].flatMap((name) =>
    suffixes.map((suffix) => name + suffix),
  )
  return { hosts: new Set(hosts), origins: new Set(hosts.map((host) => `http://${host}`)) }
}

/** Every request: is it for us? */
export function checkHost(request: Request, { hosts }: Names): Problem | undefined {
  const host = request.headers.get('host') ?? ''
  if (hosts.has(host)) return undefined
  return new Problem('wrong-host', `Host is ${quote(host)}; allowed is ${[...hosts].join(', ')}`)
}

/** Every request that may change something. */
export function checkWrite(request: Request, names: Names): Problem | undefined {
  const { headers } = request
  const origin = headers.get('origin')
  if (origin !== null && !names.origins.has(origin)) return wrongOrigin(origin, names)
  const site = headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin' && site !== 'none') {
    return new Problem(
      'wrong-origin',
      `Sec-Fetch-Site is ${quote(site)}; allowed is same-origin, none`,
    )
  }
  if (headers.get('x-hotdesk') !== '1') {
    return new Problem('missing-header', 'Send the header x-hotdesk: 1 with every POST')
  }
  return checkBody(headers)
}

function checkBody(headers: Headers): Problem | undefined {
  const type = headers.get('content-type') ?? ''
  if (type.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json') {
    return new Problem(
      'wrong-content-type',
      `Content-Type is ${quote(type)}; allowed is application/json`,
    )
  }
  // A body without a length could grow while it is read.
  const length = headers.get('content-length')
  if (length === null || headers.has('transfer-encoding')) {
    return new Problem(
      'length-required',
      'Send the body with a Content-Length, 0 where it is empty',
    )
  }
  if (!(Number(length) <= BODY_BYTES_MAX)) {
    return new Problem('too-large', `Body has ${length} bytes; allowed is ${BODY_BYTES_MAX}`)
  }
  return undefined
}

/** Every WebSocket: is it opened by our own page, or by something that is no browser? */
export function checkSocket(request: Request, names: Names): Problem | undefined {
  const { headers } = request
  const origin = headers.get('origin')
  if (origin !== null) return names.origins.has(origin) ? undefined : wrongOrigin(origin, names)
  const browser =
    headers.has('sec-fetch-site') || (headers.get('user-agent') ?? '').includes('Mozilla/')
  if (!browser) return undefined
  return new Problem('wrong-origin', 'A browser has to send its Origin with a WebSocket')
}

function wrongOrigin(origin: string, { origins }: Names): Problem {
  return new Problem(
    'wrong-origin',
    `Origin is ${quote(origin)}; allowed is ${[...origins].join(', ')}`,
  )
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80))
}

const SECURITY_HEADERS = {
  // Inline styles: the chart library writes a style element of its own. Scripts stay ours alone.
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const

/** Adds what every answer carries; answers are kept by nobody unless they say otherwise. */
export function withSecurityHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.headers.set(name, value)
  if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store')
  return response
}
