// WAV as the switch likes it: PCM, 16 bit, mono, 8,000 Hz.
export const RATE = 8_000

/** Signed 16-bit samples with their rate. */
export type Sound = { rate: number; samples: Int16Array }

/** How one sample of each format is read, to -1..1. Format 1: PCM, 3: float, 6: A-law, 7: µ-law. */
const readers: Record<string, (bytes: Buffer, at: number) => number> = {
  '1/8': (bytes, at) => (bytes.readUInt8(at) - 128) / 128,
  '1/16': (bytes, at) => bytes.readInt16LE(at) / 32_768,
  '1/24': (bytes, at) => bytes.readIntLE(at, 3) / 8_388_608,
  '1/32': (bytes, at) => bytes.readInt32LE(at) / 2_147_483_648,
  '3/32': (bytes, at) => bytes.readFloatLE(at),
  '3/64': (bytes, at) => bytes.readDoubleLE(at),
  '6/8': (bytes, at) => aLaw(bytes.readUInt8(at)),
  '7/8': (bytes, at) => muLaw(bytes.readUInt8(at)),
}

/** ITU-T G.711. */
function muLaw(coded: number): number {
  const code = ~coded & 0xff
  const size = ((((code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
  return (code & 0x80 ? -size : size) / 32_768
}
function aLaw(coded: number): number {
  const code = coded ^ 0x55
  const segment = (code & 0x70) >> 4
  const base = ((code & 0x0f) << 4) + 8
  const size = segment === 0 ? base : (base + 0x100) << (segment - 1)
  return (code & 0x80 ? size : -size) / 32_768
}

/**
 * Reads WAV of PCM, float or G.711 and any rate; several channels are mixed to mono. Sizes in the header may lie (streams).
 * @throws Error in one line
 */
export function readWav(bytes: Buffer): Sound {
  if (bytes.length < 44 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error('not a WAV file')
  }
  let rate = 0
  let channels = 0
  let width = 0
  let reader: ((bytes: Buffer, at: number) => number) | undefined
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4)
    const said = bytes.readUInt32LE(at + 4)
    const body = at + 8
    if (name === 'fmt ') {
      if (body + 16 > bytes.length) break
      let format = bytes.readUInt16LE(body)
      // Extensible: the format stands in the first bytes of its sub-format.
      if (format === 0xfffe) format = said >= 26 && body + 26 <= bytes.length ? bytes.readUInt16LE(body + 24) : 1
      channels = bytes.readUInt16LE(body + 2)
      rate = bytes.readUInt32LE(body + 4)
      const bits = bytes.readUInt16LE(body + 14)
      width = bits / 8
      reader = readers[`${format}/${bits}`]
      if (!reader) throw new Error('only WAV of PCM, float or G.711')
      if (channels < 1 || channels > 8 || rate < 4_000 || rate > 192_000)
        throw new Error('only WAV of 1 to 8 channels and 4 to 192 kHz')
    }
    if (name === 'data') {
      if (!reader) break
      const end = Math.min(bytes.length, body + said)
      const frames = Math.max(0, Math.floor((end - body) / width / channels))
      const samples = new Int16Array(frames)
      for (let i = 0; i < frames; i++) {
        let sum = 0
        for (let c = 0; c < channels; c++) sum += reader(bytes, body + (i * channels + c) * width)
        // What is no number (in floats) becomes 0 here.
        samples[i] = Math.max(-32_768, Math.min(32_767, Math.round((sum / channels) * 32_768)))
      }
      return { rate, samples }
    }
    at = body + said + (said % 2)
  }
  throw new Error('a WAV file without sound')
}

export function writeWav({ rate, samples }: Sound): Buffer {
  const bytes = Buffer.alloc(44 + samples.length * 2)
  bytes.write('RIFF', 0, 'latin1')
  bytes.writeUInt32LE(36 + samples.length * 2, 4)
  bytes.write('WAVEfmt ', 8, 'latin1')
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(rate, 24)
  bytes.writeUInt32LE(rate * 2, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36, 'latin1')
  bytes.writeUInt32LE(samples.length * 2, 40)
  for (let i = 0; i < samples.length; i++) bytes.writeInt16LE(samples[i] as number, 44 + i * 2)
  return bytes
}

/** To 8,000 Hz, as the switch likes it. */
export const toTelephone = (sound: Sound): Sound => resample(sound, RATE)

/** To another rate through a windowed-sinc low pass, so that what is above half of it does not fold into the voice. */
export function resample({ rate, samples }: Sound, wanted: number): Sound {
  if (rate === wanted) return { rate, samples }
  const step = rate / wanted
  const cutoff = Math.min(1, 1 / step) * 0.94
  const reach = Math.ceil(16 * Math.max(1, step))
  // The filter at 64 places between two samples is close enough, and 20 times faster than computing each weight.
  const places = 64
  const kernels = Array.from({ length: places }, (_, place) => {
    const kernel = new Float64Array(2 * reach)
    let sum = 0
    for (let k = 0; k < kernel.length; k++) {
      const x = k - reach + 1 - place / places
      const sinc = x === 0 ? cutoff : Math.sin(Math.PI * cutoff * x) / (Math.PI * x)
      const window = Math.abs(x) >= reach ? 0 : 0.5 + 0.5 * Math.cos((Math.PI * x) / reach)
      kernel[k] = sinc * window
      sum += kernel[k] as number
    }
    return kernel.map((weight) => weight / sum)
  })
  const out = new Int16Array(Math.floor(samples.length / step))
  for (let i = 0; i < out.length; i++) {
    const at = i * step
    const base = Math.floor(at)
    const kernel = kernels[Math.min(places - 1, Math.round((at - base) * places))] as Float64Array
    let sum = 0
    const from = base - reach + 1
    for (let k = 0; k < kernel.length; k++) sum += (samples[from + k] ?? 0) * (kernel[k] as number)
    out[i] = Math.max(-32_768, Math.min(32_767, Math.round(sum)))
  }
  return { rate: wanted, samples: out }
}

/** A soft tone that comes and goes, in place of speech where nothing can speak. */
export function softTone(ms: number): Sound {
  const samples = new Int16Array(Math.round((ms * RATE) / 1_000))
  for (let i = 0; i < samples.length; i++) {
    const seconds = i / RATE
    const swell = 0.5 - 0.5 * Math.cos((2 * Math.PI * seconds) / 0.6)
    samples[i] = Math.round(1_800 * swell * Math.sin(2 * Math.PI * 440 * seconds))
  }
  return { rate: RATE, samples }
}
