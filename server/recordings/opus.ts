// Opus by the programs of opus-tools, started without a shell and with a low priority.
import { spawn } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import type { Readable } from 'node:stream'
import { NotAudio, PeakMeter, type Peaks } from './peaks.ts'

export type Opus = {
  /** False: opusenc or opusdec is not on this machine. */
  available(): Promise<boolean>
  encode(wav: string, opus: string): Promise<void>
  /** Decodes the whole and gives its peaks, which proves that it can be heard. @throws NotAudio */
  peaks(file: string, buckets: number): Promise<Peaks>
}

/** `encoder` and `decoder`: names or paths of the programs. */
export function createOpus(programs: { encoder?: string; decoder?: string } = {}): Opus {
  const { encoder = 'opusenc', decoder = 'opusdec' } = programs
  return {
    async available() {
      const answers = await Promise.all(
        [encoder, decoder].map((program) => run(program, ['--version']).catch(() => -1)),
      )
      return answers.every((code) => code === 0)
    },
    async encode(wav, opus) {
      // Phase inversion would let the two voices cancel out where a player mixes them.
      const code = await run(encoder, ['--quiet', '--bitrate', '32', '--no-phase-inv', '--ignorelength', wav, opus])
      if (code !== 0) throw new Error(`${encoder} ended with ${code}`)
    },
    async peaks(file, buckets) {
      const meter = new PeakMeter()
      const code = await run(decoder, ['--quiet', '--force-wav', '--rate', '8000', file, '-'], async (sound) => {
        for await (const chunk of sound) meter.push(chunk as Buffer)
      })
      if (code !== 0) throw new NotAudio(`${decoder} ended with ${code}`)
      return meter.finish(buckets)
    },
  }
}

async function run(program: string, words: string[], read?: (sound: Readable) => Promise<void>): Promise<number> {
  const child = spawn(program, words, { stdio: ['ignore', read ? 'pipe' : 'ignore', 'ignore'] })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? -1))
  })
  ended.catch(() => undefined)
  try {
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW)
  } catch {
    // It may be over already.
  }
  try {
    if (read && child.stdout) await read(child.stdout)
    return await ended
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}
