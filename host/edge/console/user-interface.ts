/**
 * The built user interface: files of one folder, and its index for every other path, so that a reload keeps its place.
 *
 * In       the path of a request, percent-encoded
 * Out      the file; index.html for a path without an ending; a plain page where nothing was built
 * Refuses  paths that leave the folder, by dots or by a symbolic link; hidden files; files that are not there (404)
 * Touches  the folder, for reading
 */
import { realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'

import { Problem, problemResponse } from './problem.ts'

const NOT_BUILT = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Hotdesk</title></head>
<body><h1>The console is not built</h1><p>In the project's folder, run <code>npm run build:ui</code> and load this page again.</p>
<p>The desk itself works: see <a href="/docs">the API</a> and <a href="/readyz">whether it is ready</a>.</p></body></html>
`

/** Answers one GET or HEAD for the user interface. */
export async function serveUserInterface(folder: string, path: string): Promise<Response> {
  const name = fileName(path)
  if (name === undefined) return notFound(path)
  const file = await insideFile(folder, name)
  if (file !== undefined) return fileResponse(file, name)
  if (name !== 'index.html' && name.slice(name.lastIndexOf('/') + 1).includes('.'))
    return notFound(path)
  const index = await insideFile(folder, 'index.html')
  if (index !== undefined) return fileResponse(index, 'index.html')
  return new Response(NOT_BUILT, {
    status: 503,
    headers: { 'content-type': 'text/html;charset=utf-8' },
  })
}

/** The path as a file's name inside the folder; undefined where it cannot be one. */
function fileName(path: string): string | undefined {
  let name: string
  try {
    name = decodeURIComponent(path).slice(1)
  } catch {
    return undefined
  }
  if (name === '') return 'index.html'
  if (name.length > 256 || name.includes('\0') || name.includes('\\')) return undefined
  // No hidden file, no "..", and no empty segment that could start at the root.
  if (
    name
      .replace(/\/$/, '')
      .split('/')
      .some((part) => part === '' || part.startsWith('.'))
  )
    return undefined
  return name
}

async function insideFile(folder: string, name: string): Promise<Bun.BunFile | undefined> {
  try {
    const root = await realpath(folder)
    const real = await realpath(join(root, name))
    if (!real.startsWith(root + sep)) return undefined
    const file = Bun.file(real)
    return (await file.stat()).isFile() ? file : undefined
  } catch {
    return undefined
  }
}

function fileResponse(file: Bun.BunFile, name: string): Response {
  // The build names assets by their content; everything else may change under its name.
  const kept = name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
  return new Response(file, { headers: { 'cache-control': kept } })
}

function notFound(path: string): Response {
  return problemResponse(
    new Problem('unknown-route', `Nothing is at ${JSON.stringify(path.slice(0, 80))}`),
  )
}
