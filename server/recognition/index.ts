// Understands a few words of a caller: one interface, several recognisers.
import { basename } from 'node:path'
import { httpRecogniser, programRecogniser, socketRecogniser } from './others.ts'
import { pocketsphinx } from './pocketsphinx.ts'
import { failure, type Recogniser } from './types.ts'
import { hasVoice } from './voice.ts'

export { createSpeechPort, type SpeechPortOptions } from './speech-port.ts'
export type { Grammar, Heard, Recogniser } from './types.ts'

/**
 * The recogniser that `config.recogniser` names: undefined or a `pocketsphinx...` program, http(s)://, ws(s)://, or any other
 * program with its arguments. Failures are told in the log, the same one once a minute.
 */
export function createRecogniser(options: {
  setting?: string
  log(line: string): void
  now?(): number
  tempDir?: string
}): Recogniser {
  const { log, now = Date.now } = options
  const chosen = choose(options.setting?.trim(), options.tempDir)
  const told = new Map<string, number>()
  const tell = (line: string) => {
    if (now() - (told.get(line) ?? Number.NEGATIVE_INFINITY) < 60_000) return
    if (told.size > 100) told.clear()
    told.set(line, now())
    log(line)
  }
  let absent = false
  return {
    name: chosen.name,
    async available() {
      const there = await chosen.available().catch(() => false)
      if (!there && !absent)
        log(
          `recognition: there is no ${chosen.name} on this machine, so callers answer with keys; install it (Debian: apt-get install pocketsphinx pocketsphinx-en-us) or set RECOGNISER`,
        )
      absent = !there
      return there
    },
    async recognise(wav, about) {
      const heard = await hasVoice(wav).then(
        (voice) => (voice ? chosen.recognise(wav, about) : { text: '', confidence: 0, silent: true as const }),
        (error: Error) => failure(error.message),
      )
      if (heard.failed) tell(`recognition: ${chosen.name} failed: ${heard.failed}`)
      return heard
    },
  }
}

function choose(setting: string | undefined, tempDir: string | undefined): Recogniser {
  if (!setting) return pocketsphinx({ tempDir })
  if (/^https?:\/\//.test(setting)) return httpRecogniser(setting)
  if (/^wss?:\/\//.test(setting)) return socketRecogniser(setting)
  const [command, ...args] = setting.split(/\s+/) as [string, ...string[]]
  return /^pocketsphinx(_batch|_continuous)?$/.test(basename(command))
    ? pocketsphinx({ command, tempDir })
    : programRecogniser(command, args)
}
