// A recording made fit for the telephone: even in loudness, without hum, without silence at its ends.
import { RATE, type Sound, toTelephone } from './wav.ts'

/** dBFS; `rms` over the frames where somebody speaks. */
export type Level = { rms: number; peak: number }
export type Shaped = {
  sound: Sound
  before: Level
  after: Level
  /** 80 peaks of the result from first to last, 0 to 100. */
  shape: number[]
}

const TARGET_RMS = -16
const PEAK_LIMIT = -3
const MAX_GAIN = 36
/** Below this nothing counts as voice, dBFS. */
const FLOOR = -55
const HIGH_PASS_HZ = 100
const FRAME = RATE / 50
const BARS = 80

const toDb = (ratio: number) => (ratio <= 0 ? -99 : Math.max(-99, 20 * Math.log10(ratio)))
const fromDb = (db: number) => 10 ** (db / 20)
const rounded = (db: number) => Math.round(db * 10) / 10

/** To the telephone's rate and level. Undefined when there is nothing to hear in it. */
export function shapeForTelephone(uploaded: Sound): Shaped | undefined {
  const narrow = Float64Array.from(toTelephone(uploaded).samples, (sample) => sample / 32_768)
  const before = levelOf(narrow)
  const clean = highPass(narrow)
  const voice = levelOf(clean)
  if (voice.rms <= FLOOR) return undefined
  const trimmed = trim(clean, Math.max(FLOOR, voice.rms - 32))
  const gain = fromDb(Math.min(MAX_GAIN, TARGET_RMS - levelOf(trimmed).rms))
  const loud = limit(trimmed.map((sample) => sample * gain))
  const samples = Int16Array.from(loud, (sample) => Math.round(sample * 32_767))
  return { sound: { rate: RATE, samples }, before, after: levelOf(loud), shape: shapeOf(loud) }
}

/** Loudness of the frames within 12 dB of the mean, so that pauses do not count (after ITU-R BS.1770's gate). */
export function levelOf(samples: Float64Array): Level {
  const powers: number[] = []
  let peak = 0
  for (let at = 0; at < samples.length; at += FRAME) {
    const frame = samples.subarray(at, at + FRAME)
    let sum = 0
    for (const sample of frame) {
      sum += sample * sample
      peak = Math.max(peak, Math.abs(sample))
    }
    powers.push(sum / frame.length)
  }
  const mean = (list: number[]) => list.reduce((sum, one) => sum + one, 0) / Math.max(1, list.length)
  const heard = powers.filter((power) => power > fromDb(FLOOR) ** 2)
  const gate = mean(heard) * fromDb(-12) ** 2
  return { rms: rounded(toDb(Math.sqrt(mean(heard.filter((power) => power >= gate))))), peak: rounded(toDb(peak)) }
}

/** Butterworth of second order: takes out hum and any constant part. */
function highPass(samples: Float64Array): Float64Array {
  const w = (2 * Math.PI * HIGH_PASS_HZ) / RATE
  const alpha = Math.sin(w) / Math.SQRT2
  const cos = Math.cos(w)
  const a0 = 1 + alpha
  const b = (1 + cos) / 2 / a0
  const a1 = (-2 * cos) / a0
  const a2 = (1 - alpha) / a0
  const out = new Float64Array(samples.length)
  // Begins as if its first sample had always been there: a constant part makes no click.
  let [x1, x2, y1, y2] = [samples[0] ?? 0, samples[0] ?? 0, 0, 0]
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i] as number
    const y = b * (x - 2 * x1 + x2) - a1 * y1 - a2 * y2
    out[i] = y
    x2 = x1
    x1 = x
    y2 = y1
    y1 = y
  }
  return out
}

/** Without the silence at both ends, but for a breath. */
function trim(samples: Float64Array, thresholdDb: number): Float64Array {
  const threshold = fromDb(thresholdDb) ** 2
  let first = -1
  let last = 0
  for (let at = 0; at < samples.length; at += FRAME) {
    const frame = samples.subarray(at, at + FRAME)
    let sum = 0
    for (const sample of frame) sum += sample * sample
    if (sum / frame.length < threshold) continue
    if (first < 0) first = at
    last = at + FRAME
  }
  if (first < 0) return samples
  return samples.slice(Math.max(0, first - RATE * 0.08), Math.min(samples.length, last + RATE * 0.15))
}

/** Keeps peaks under the limit by a gain that falls before the peak and comes back after it: no clipping to hear. */
function limit(samples: Float64Array): Float64Array {
  const ceiling = fromDb(PEAK_LIMIT)
  const reach = RATE / 200
  const gains = Float64Array.from(samples, (sample) => Math.min(1, ceiling / Math.max(1e-9, Math.abs(sample))))
  const lowest = new Float64Array(gains.length)
  const line: number[] = []
  let head = 0
  for (let i = 0; i < gains.length + reach; i++) {
    if (i < gains.length) {
      while (line.length > head && (gains[line.at(-1) as number] as number) >= (gains[i] as number)) line.pop()
      line.push(i)
    }
    const centre = i - reach
    if (centre < 0) continue
    while ((line[head] as number) < centre - reach) head++
    lowest[centre] = gains[line[head] as number] as number
  }
  const out = new Float64Array(samples.length)
  let sum = 0
  for (let i = -reach; i < samples.length; i++) {
    sum += lowest[Math.min(samples.length - 1, i + reach)] ?? 1
    if (i > reach) sum -= lowest[i - reach - 1] as number
    if (i < 0) continue
    const count = Math.min(2 * reach, i + reach) + 1
    // The mean of the lowest gains around is never above the lowest one that this sample needs.
    const gain = Math.min(sum / count, gains[i] as number)
    out[i] = (samples[i] as number) * gain
  }
  return out
}

function shapeOf(samples: Float64Array): number[] {
  const step = Math.max(1, samples.length / BARS)
  return Array.from({ length: Math.min(BARS, samples.length) }, (_, bar) => {
    let peak = 0
    for (let i = Math.floor(bar * step); i < Math.floor((bar + 1) * step); i++)
      peak = Math.max(peak, Math.abs(samples[i] ?? 0))
    return Math.min(100, Math.round(peak * 100))
  })
}
