// Recognisers in place of pocketsphinx: any program, an HTTP service, a websocket service that speaks as vosk-server does.
import { readFile } from 'node:fs/promises'
import { readWav } from '../prompts/index.ts'
import { heardFrom } from './meaning.ts'
import { runProgram } from './run-program.ts'
import { failure, type Grammar, type Heard, type Language, type Recogniser } from './types.ts'

const TIMEOUT_MS = 8_000
const MAX_ANSWER = 64_000

type About = { language: Language; grammar: Grammar }
type Options = { timeoutMs?: number }

function recogniser(name: string, ask: (wav: string, about: About) => Promise<Heard>): Recogniser {
  return {
    name,
    available: async () => true,
    recognise: (wav, about) => ask(wav, about).catch((error: Error) => failure(reasonOf(error))),
  }
}

const reasonOf = (error: Error & { cause?: unknown }) =>
  error.cause instanceof Error && error.cause.message ? `${error.message}: ${error.cause.message}` : error.message

/**
 * A program with its arguments: gets the WAV's path as its last argument and `{language, options}` as JSON on its standard
 * input; answers `{text, confidence?, value?}` as JSON on its standard output.
 */
export function programRecogniser(command: string, args: readonly string[], { timeoutMs = TIMEOUT_MS }: Options = {}) {
  return recogniser(command, async (wav, { language, grammar }) => {
    const input = JSON.stringify({ language, options: grammar.options })
    return heardFrom(JSON.parse(await runProgram(command, [...args, wav], { input, timeoutMs })), grammar)
  })
}

/** multipart/form-data with `audio` (WAV), `language` and `grammar` (`{options: [{value, phrases}]}` as JSON). */
export function httpRecogniser(url: string, { timeoutMs = TIMEOUT_MS }: Options = {}) {
  return recogniser(new URL(url).host, async (wav, { language, grammar }) => {
    const body = new FormData()
    body.set('audio', new Blob([await readFile(wav)], { type: 'audio/wav' }), 'utterance.wav')
    body.set('language', language)
    body.set('grammar', JSON.stringify({ options: grammar.options }))
    const { href, headers } = withoutPassword(url)
    const signal = AbortSignal.timeout(timeoutMs)
    const answer = await fetch(href, { method: 'POST', body, headers, signal, redirect: 'error' })
    if (!answer.ok) throw new Error(`the service answered ${answer.status}`)
    return heardFrom(JSON.parse(await limited(answer)), grammar)
  })
}

/** Credentials of an address as a header: fetch refuses them in the address. */
function withoutPassword(text: string): { href: string; headers: Record<string, string> } {
  const url = new URL(text)
  const { username, password } = url
  url.username = ''
  url.password = ''
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return {
    href: url.href,
    headers: username || password ? { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } : {},
  }
}

async function limited(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body ?? []) {
    size += chunk.length
    if (size > MAX_ANSWER) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * As vosk-server: `{"config": {sample_rate, phrase_list}}`, the samples, `{"eof": 1}`; each answer is `{partial}` or
 * `{text, result: [{word, conf}]}`; the last one closes the connection or stands behind the end.
 */
export function socketRecogniser(url: string, { timeoutMs = TIMEOUT_MS }: Options = {}) {
  return recogniser(new URL(url).host, async (wav, { grammar }) => {
    const { rate, samples } = readWav(await readFile(wav))
    const bytes = new Uint8Array(Int16Array.from(samples).buffer)
    const said: { text: string; confidences: number[] }[] = []
    const socket = new WebSocket(url)
    socket.binaryType = 'arraybuffer'
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => done(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
      function done(error?: Error): void {
        clearTimeout(timer)
        socket.close()
        if (error) reject(error)
        else resolve()
      }
      // One answer to each piece and one to the end: whoever keeps the connection open is done then too.
      let awaited = 1
      socket.addEventListener('open', () => {
        const phrases = [...new Set(grammar.options.flatMap(({ phrases }) => phrases.map((one) => one.toLowerCase())))]
        socket.send(JSON.stringify({ config: { sample_rate: rate, phrase_list: [...phrases, '[unk]'] } }))
        for (let at = 0; at < bytes.length; at += 8_000, awaited++) socket.send(bytes.subarray(at, at + 8_000))
        socket.send(JSON.stringify({ eof: 1 }))
      })
      socket.addEventListener('message', ({ data }) => {
        try {
          if (typeof data !== 'string' || data.length > MAX_ANSWER) throw new Error('the answer is no short text')
          const { text, result } = JSON.parse(data) as { text?: unknown; result?: unknown }
          if (typeof text === 'string' && text.trim() !== '')
            said.push({ text, confidences: (Array.isArray(result) ? result : []).map(({ conf }) => Number(conf)) })
        } catch (error) {
          return done(error as Error)
        }
        if (--awaited === 0) done()
      })
      socket.addEventListener('error', () => done(new Error('the connection failed')))
      socket.addEventListener('close', () =>
        done(awaited > 0 && said.length === 0 ? new Error('closed without an answer') : undefined),
      )
    })
    const sure = said.flatMap(({ confidences }) => confidences).filter(Number.isFinite)
    const confidence = sure.length > 0 ? sure.reduce((sum, one) => sum + one, 0) / sure.length : undefined
    return heardFrom({ text: said.map(({ text }) => text).join(' '), confidence }, grammar)
  })
}
