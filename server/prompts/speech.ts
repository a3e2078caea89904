import { spawn } from 'node:child_process'
import type { Sound } from './wav.ts'
import { readWav, softTone, toTelephone } from './wav.ts'

export type Language = 'es' | 'en-US'

/** A program that reads the text on its standard input and writes a WAV to its standard output. */
export type SpeechCommand = { command: string; args: Record<Language, string[]> }
/** A service that is posted the text (`text/plain`, language in `accept-language`) and answers `audio/wav`. */
export type SpeechService = { url: string }
export type Voice = SpeechCommand | SpeechService

/**
 * The voices that `config.speech` names, the first that works speaks: http(s)://, or a program with its arguments, in which
 * `{language}` stands for es or en-US; behind it, and by itself when undefined: espeak-ng.
 */
export function voicesOf(setting: string | undefined): Voice[] {
  const text = setting?.trim()
  if (!text) return [espeak]
  if (/^https?:\/\//.test(text)) return [{ url: text }, espeak]
  const [command, ...args] = text.split(/\s+/) as [string, ...string[]]
  const inLanguage = (language: Language) => args.map((one) => one.replaceAll('{language}', language))
  return [{ command, args: { es: inLanguage('es'), 'en-US': inLanguage('en-US') } }, espeak]
}

/** How a voice is called in the log: without what may be a password in it. */
export const nameOf = (voice: Voice): string => ('url' in voice ? new URL(voice.url).host : voice.command)

export const espeak: SpeechCommand = {
  command: 'espeak-ng',
  args: {
    es: ['-v', 'es-419', '-s', '155', '-a', '140', '--stdin', '--stdout'],
    'en-US': ['-v', 'en-us', '-s', '155', '-a', '140', '--stdin', '--stdout'],
  },
}

const TIMEOUT_MS = 15_000
const MAX_BYTES = 40_000_000

/**
 * The text as it goes to the voice: one line, without control characters, and without what espeak reads as orders
 * (`[[phonemes]]`) or markup.
 */
export function sayable(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .replace(/\[\[|\]\]/g, ' ')
    .replace(/[<>{}\\|~^`]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 2_000)
}

/** About how long it takes to say, ms. */
export function spokenMs(text: string): number {
  return Math.min(60_000, 700 + text.length * 62)
}

/**
 * Speaks. No shell and no text in the arguments. @throws Error in one line; `code` is ENOENT when there is no such program
 */
export async function speak(text: string, language: Language, voice: Voice): Promise<Sound> {
  return toTelephone(readWav(await ('url' in voice ? askService(text, language, voice) : run(text, language, voice))))
}

async function askService(text: string, language: Language, voice: SpeechService): Promise<Buffer> {
  const url = new URL(voice.url)
  const { username, password } = url
  url.username = ''
  url.password = ''
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const answer = await fetch(url, {
    method: 'POST',
    body: text,
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      accept: 'audio/wav',
      'accept-language': language,
      ...(username || password ? { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } : {}),
    },
  })
  if (!answer.ok) throw new Error(`${url.host} answered ${answer.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body ?? []) {
    size += chunk.length
    if (size > MAX_BYTES) throw new Error(`${url.host} says too much`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function run(text: string, language: Language, { command, args }: SpeechCommand): Promise<Buffer> {
  return new Promise<Buffer>((resolve, reject) => {
    const child = spawn(command, args[language], { stdio: ['pipe', 'pipe', 'ignore'] })
    // spawn's own time-out outlives a program that does not exist.
    const timer = setTimeout(() => child.kill(), TIMEOUT_MS)
    const chunks: Buffer[] = []
    let size = 0
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MAX_BYTES) child.kill()
      else chunks.push(chunk)
    })
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve(Buffer.concat(chunks))
      else reject(new Error(`${command} ended with ${signal ?? code}`))
    })
    // It may end before it has read everything.
    child.stdin.on('error', () => {})
    child.stdin.end(`${text}\n`)
  })
}

export function toneFor(text: string): Sound {
  return softTone(spokenMs(text))
}
