/** Starts the private PostgreSQL of the folder given, prints its address, and waits to be killed. */
import { startEmbeddedPostgres } from './embedded.ts'

const [folder = '', outside = ''] = process.argv.slice(2)
const { url, pid, adopted } = await startEmbeddedPostgres({
  folder,
  outside,
  log: { info: () => {}, warn: () => {} },
})
process.stdout.write(`${JSON.stringify({ url, pid, adopted })}\n`)
setInterval(() => {}, 1000)
