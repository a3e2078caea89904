/** A 16-bit PCM WAV file of interleaved `samples` (-32768 .. 32767). */
export function wavFile(samples: Int16Array, rate = 8000, channels = 1): Buffer {
  return Buffer.concat([
    wavHeader(samples.byteLength, rate, channels),
    Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength),
  ])
}

/** The 44 bytes before `bytes` of 16-bit PCM. */
export function wavHeader(bytes: number, rate = 8000, channels = 1): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + bytes, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * channels * 2, 28)
  header.writeUInt16LE(channels * 2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(bytes, 40)
  return header
}

/**
 * Music on hold of our own making (no licence to ask for): slow broken chords in A minor, `seconds` long, 8 kHz mono, the
 * end fading into the start so that it can be repeated without a seam.
 */
export function holdMusic(seconds = 32): Buffer {
  const rate = 8000
  const samples = new Float32Array(seconds * rate)
  const chords = [
    [220, 261.63, 329.63, 440],
    [174.61, 220, 261.63, 349.23],
    [196, 261.63, 329.63, 392],
    [196, 246.94, 293.66, 392],
  ]
  const step = rate / 2
  for (let note = 0; note * step < samples.length; note++) {
    const chord = chords[Math.floor(note / 8) % chords.length] as number[]
    const pitch = chord[[0, 2, 1, 3, 2, 1, 3, 1][note % 8] as number] as number
    for (let i = 0; i < rate * 1.6; i++) {
      const loud = Math.min(1, i / 200) * Math.exp(-i / (rate * 0.45)) * 0.22
      const angle = (2 * Math.PI * pitch * i) / rate
      // The tail of the last notes sounds over the beginning.
      samples[(note * step + i) % samples.length]! += loud * (Math.sin(angle) + 0.3 * Math.sin(2 * angle))
    }
  }
  return wavFile(Int16Array.from(samples, (value) => Math.max(-1, Math.min(1, value)) * 32000))
}
