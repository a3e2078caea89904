// `npm run screenshots [name ...]`: takes the pictures of docs/guia (or only the named ones) from platforms of its own: one on
// the embedded switch that lives for a minute with simulated calls and, where FREESWITCH_BIN is set, one on a real FreeSWITCH
// for phones, lines and the softphone; without it those keep the picture they have. Needs a Chromium: CHROMIUM_BIN, or one in
// the usual places.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Browser, chromium } from 'playwright-core'
import { findFreeswitch } from '../freeswitch/conf/process.ts'
import { readConfig } from '../server/config.ts'
import { createPlatform, type Platform } from '../server/platform.ts'
import { embeddedPictures } from './pictures/embedded.ts'
import { browserPath, failed, folder, keep, newWindow, type Picture, signIn } from './pictures/picture.ts'
import { realNames, takeReal } from './pictures/real.ts'

/** How long the simulated centre lives before the first picture, ms. */
const livesMs = 60_000

/** An agent for taxes whose robot is not in a call: it would hang up first before it leaves the desk to us. */
async function freeAgent(platform: Platform): Promise<string> {
  const people = await platform.db
    .knex('users')
    .whereIn('username', ['agente01', 'agente02', 'agente08', 'agente11', 'agente06', 'agente10'])
    .orderBy('id')
    .select('id', 'username')
  const free = platform.telephony.routing
    .now()
    .agents.filter(({ state }) => state === 'available' || state === 'offline')
    .map(({ id }) => id)
  return (people.find(({ id }) => free.includes(id)) ?? people[0]).username
}

async function takeEmbedded(home: string, chosen: Picture[]): Promise<void> {
  const platform = await createPlatform({
    ...readConfig({ PORT: '3640', CALL_LISTEN: '127.0.0.1:8640', LOG_LEVEL: 'error', DEMO: 'on' }),
    home,
    databaseUrl: `sqlite:${home}/vera.sqlite`,
    recordingsDir: join(home, 'recordings'),
    cdrDir: join(home, 'cdr'),
  })
  let browser: Browser | undefined
  try {
    const base = await platform.start()
    console.log(`${base}: lives for ${livesMs / 1000} s before the pictures`)
    await pause(livesMs)
    browser = await chromium.launch({ executablePath: browserPath(), args: ['--no-sandbox', '--lang=es-AR'] })
    const agent = await freeAgent(platform)
    for (const picture of chosen) {
      const { name, user } = picture
      const context = await newWindow(browser, base, picture)
      const page = user ? await signIn(context, user === 'agent' ? agent : user, 'vera') : await context.newPage()
      try {
        await picture.show(page, platform)
        await keep(page, picture)
      } catch (error) {
        await failed(page, name, error)
      }
      await context.close()
    }
  } finally {
    await browser?.close()
    await platform.stop()
  }
}

const wanted = process.argv.slice(2)
const chosen = embeddedPictures.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
const real = realNames.some((name) => wanted.length === 0 || wanted.includes(name))
const binary = findFreeswitch(process.env.FREESWITCH_BIN, '')
mkdirSync(folder, { recursive: true })
const home = mkdtempSync(join(tmpdir(), 'vera-pictures-'))
try {
  if (chosen.length > 0) await takeEmbedded(join(home, 'embedded'), chosen)
  if (real && !binary) console.log(`FREESWITCH_BIN is not set: kept as they are: ${realNames.join(', ')}`)
  else if (real && binary) await takeReal(binary, join(home, 'real'), wanted)
} finally {
  rmSync(home, { recursive: true, force: true })
}
process.exit()
