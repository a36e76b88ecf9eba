/**
 * The API's own page: the OpenAPI document as plain HTML, made here, so that it works without a network and without a script.
 *
 * In       the console's routes
 * Out      OpenAPI 3.1 as JSON, and the same as a page
 */
import { toOpenAPISchema } from '@elysiajs/openapi'

import { PROBLEMS } from './problem.ts'
import type { ConsoleApi } from './routes.ts'

interface SchemaNode {
  readonly type?: string
  readonly description?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly SchemaNode[]
  readonly items?: SchemaNode
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: unknown
  readonly examples?: readonly unknown[]
}

type Content = Readonly<Record<string, { readonly schema?: SchemaNode }>>

interface Operation {
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly schema?: SchemaNode
  }[]
  readonly requestBody?: { readonly content: Content }
  readonly responses?: Readonly<Record<string, { readonly content?: Content }>>
}

/** An OpenAPI document, as far as the page reads it. */
export interface ApiDocument {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** Kept inside the console: how its routes are made, not what they are. */
const INNER_KEYS = new Set(['noValidate', '$id'])

/** The OpenAPI document of the console. */
export function describeApi(routes: ConsoleApi, version: string): ApiDocument {
  const { paths } = toOpenAPISchema(routes)
  const info = {
    title: 'Hotdesk console',
    version,
    description:
      'Questions to the desk and commands for it. Every POST sends content-type: application/json and x-hotdesk: 1. ' +
      'Prices and money are decimals, quantities whole steps, times microseconds since the epoch. ' +
      'Events: WebSocket /ws. Refusals: application/problem+json.',
  }
  const text = JSON.stringify({ openapi: '3.1.0', info, paths }, (key, value: unknown) =>
    INNER_KEYS.has(key) ? undefined : optionalWithDefault(value),
  )
  const document: ApiDocument = JSON.parse(text)
  return document
}

/** A parameter that has a default may be left out; the package says of every checked one that it must be there. */
function optionalWithDefault(value: unknown): unknown {
  const isParameter =
    typeof value === 'object' && value !== null && 'in' in value && 'schema' in value
  if (!isParameter) return value
  const { schema } = value
  const hasDefault = typeof schema === 'object' && schema !== null && 'default' in schema
  return hasDefault ? { ...value, required: false } : value
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
code,pre{font:13px/1.5 ui-monospace,monospace}h2{margin-top:2.5rem}details{border:1px solid #8886;border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}
summary{cursor:pointer}table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #8884;padding:.2rem .6rem .2rem 0;text-align:left;vertical-align:top}
.method{display:inline-block;min-width:3.2rem;font-weight:600}`

const SOCKET = `<details><summary><code><span class="method">WS</span> /ws</code> What happens, as it happens</summary>
<p>From the desk: <code>hello</code> once, <code>board</code> 4 times a second, <code>order</code> and <code>fill</code> as they come,
<code>bar</code> whenever the bar of the followed chart moved (at most 5 a second), <code>problem</code>.</p>
<p>To the desk: <code>{"type":"chart","instrument":"NSE:INFY","timeframe":"1m"}</code>, at most 4 KiB.
The third frame that cannot be read closes the socket with 1008; more than 1 MiB waiting closes it with 1013: connect and read again.</p></details>`

/** The document as a page. */
export function renderApi({ info, paths }: ApiDocument): string {
  const sections = new Map<string, string[]>()
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags?.[0] ?? 'Other'
      sections.set(tag, [
        ...(sections.get(tag) ?? []),
        renderOperation(path, { method, operation }),
      ])
    }
  }
  const body = [...sections]
    .map(([tag, parts]) => `<h2>${escape(tag)}</h2>${parts.join('')}`)
    .join('')
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(info.title)}</title>
<style>${STYLE}</style></head><body><h1>${escape(info.title)} ${escape(info.version)}</h1><p>${escape(info.description)}</p>
<p>As JSON: <a href="/docs/json">/docs/json</a></p>${body}<h2>Events</h2>${SOCKET}<h2>Problems</h2>${renderProblems()}</body></html>`
}

function renderOperation(
  path: string,
  { method, operation }: { readonly method: string; readonly operation: Operation },
): string {
  const parameters = (operation.parameters ?? []).map(({ name, in: place, schema }) =>
    row(`${name} <small>${escape(place)}</small>`, schema ?? {}),
  )
  const responses = Object.entries(operation.responses ?? {}).map(
    ([status, { content }]) => `<h4>${escape(status)}</h4>${renderContent(content)}`,
  )
  return `<details><summary><code><span class="method">${escape(method.toUpperCase())}</span> ${escape(path)}</code> ${escape(operation.summary ?? '')}</summary>
${parameters.length > 0 ? `<h4>Parameters</h4><table>${parameters.join('')}</table>` : ''}
${operation.requestBody ? `<h4>Body</h4>${renderContent(operation.requestBody.content)}` : ''}${responses.join('')}</details>`
}

function renderContent(content: Content | undefined): string {
  const [type, { schema } = {}] = Object.entries(content ?? {})[0] ?? []
  if (schema === undefined) return ''
  const inner = schema.items ?? schema
  const rows = Object.entries(inner.properties ?? {}).map(([name, node]) => row(escape(name), node))
  const kind = schema.items ? 'list of: ' : ''
  return `<p><small>${escape(type ?? '')}</small> ${kind}${escape(inner.description ?? '')}</p><table>${rows.join('')}</table>`
}

function row(nameHtml: string, node: SchemaNode): string {
  const [example] = node.examples ?? []
  const shown = example === undefined ? '' : JSON.stringify(example)
  return `<tr><td><code>${nameHtml}</code></td><td><code>${escape(typeOf(node))}</code></td><td>${escape(node.description ?? '')}</td><td><code>${escape(shown)}</code></td></tr>`
}

function typeOf(node: SchemaNode): string {
  if (node.enum) return node.enum.map(String).join(' | ')
  if (node.anyOf) return node.anyOf.map(typeOf).join(' | ')
  if (node.const !== undefined) return String(node.const)
  if (node.items) return `list of ${typeOf(node.items)}`
  const range = node.minimum === undefined ? '' : ` ${node.minimum} to ${node.maximum ?? 'any'}`
  const preset = node.default === undefined ? '' : `, default ${String(node.default)}`
  return `${node.type ?? 'any'}${range}${preset}`
}

function renderProblems(): string {
  const rows = Object.entries(PROBLEMS).map(
    ([kind, [status, title]]) =>
      `<tr id="${kind}"><td>${status}</td><td><code>${kind}</code></td><td>${escape(title)}</td></tr>`,
  )
  return `<table>${rows.join('')}</table>`
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
