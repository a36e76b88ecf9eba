/**
 * A browser for tests: the system's Chromium where there is one, else the one packaged with the project's dependencies.
 *
 * In       CHROMIUM_PATH names a browser to use; HOTDESK_BROWSER=packaged leaves the system's aside
 * Out      a headless browser of playwright-core with a profile of its own, empty and removed at close
 * Touches  the packaged browser is unpacked once into the system's temporary folder; no network, no profile of a person
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type Browser, chromium } from 'playwright-core'

const SYSTEM_PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-domain-reliability',
  '--no-pings',
]

/** Starts a headless browser with an empty profile; the caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const system = systemBrowser()
  if (system === undefined) return launchPackaged()
  try {
    return await chromium.launch({ executablePath: system, args: QUIET })
  } catch (error) {
    // Some systems keep a script there that only says how to install a browser.
    if (process.env['CHROMIUM_PATH']) throw error
    return launchPackaged()
  }
}

async function launchPackaged(): Promise<Browser> {
  const { executablePath, environment } = await packagedBrowser()
  return chromium.launch({
    executablePath,
    // No zygote: what it needs to run in a bare container, as root too. In a single process it dies with its first page.
    args: [...QUIET, '--headless', '--no-zygote', '--disable-setuid-sandbox'],
    env: { ...process.env, ...environment },
  })
}

/** Path of the browser that the machine brings, or undefined where there is none or it is not wanted. */
export function systemBrowser(): string | undefined {
  if (process.env['HOTDESK_BROWSER'] === 'packaged') return undefined
  const named = process.env['CHROMIUM_PATH']
  if (named !== undefined && named !== '') return named
  return SYSTEM_PATHS.find((path) => existsSync(path))
}

interface Packaged {
  readonly executablePath: string
  /** Where the browser finds the libraries and fonts that a bare machine lacks. */
  readonly environment: Readonly<Record<string, string>>
}

/** Unpacks the packaged browser where that has not been done on this machine. */
async function packagedBrowser(): Promise<Packaged> {
  const folder = join(tmpdir(), `hotdesk-chromium-${process.getuid?.() ?? 0}`)
  if (!existsSync(folder)) await unpackInto(folder)
  const fonts = join(folder, 'fonts')
  return {
    executablePath: join(folder, 'chromium'),
    environment: {
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      ...(existsSync('/etc/fonts/fonts.conf') ? {} : { FONTCONFIG_PATH: fonts }),
    },
  }
}

/** Unpacks beside `folder` and renames, so that two tests at once never meet half a browser. */
async function unpackInto(folder: string): Promise<void> {
  const unpacked = await mkdtemp(`${folder}-`)
  const before = {
    TMPDIR: process.env['TMPDIR'],
    AWS_LAMBDA_JS_RUNTIME: process.env['AWS_LAMBDA_JS_RUNTIME'],
  }
  const libraryPath = process.env['LD_LIBRARY_PATH']
  try {
    // The package unpacks to the temporary folder, and brings its libraries only where it takes the machine for a bare one.
    process.env['TMPDIR'] = unpacked
    process.env['AWS_LAMBDA_JS_RUNTIME'] = 'nodejs20.x'
    const { default: packaged } = await import('@sparticuz/chromium')
    await packaged.executablePath()
    await Bun.write(join(unpacked, 'fonts', 'fonts.conf'), fontsConfig(folder))
    await mkdir(join(unpacked, 'fonts', 'cache'), { recursive: true })
    await rename(unpacked, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    restore({ ...before, LD_LIBRARY_PATH: libraryPath })
    await rm(unpacked, { recursive: true, force: true })
  }
}

function restore(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}

/** The package's own file names folders of another machine. */
function fontsConfig(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts</dir>
  <cachedir>${folder}/fonts/cache</cachedir>
</fontconfig>
`
}
