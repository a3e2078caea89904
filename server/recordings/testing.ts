// For specs of this room: sound made of numbers.

/** A WAV of 16-bit PCM at 8,000 Hz. */
export function wavOf(samples: readonly number[], channels: 1 | 2): Buffer {
  const bytes = Buffer.alloc(44 + samples.length * 2)
  bytes.write('RIFF', 0, 'latin1')
  bytes.writeUInt32LE(36 + samples.length * 2, 4)
  bytes.write('WAVEfmt ', 8, 'latin1')
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(channels, 22)
  bytes.writeUInt32LE(8_000, 24)
  bytes.writeUInt32LE(8_000 * channels * 2, 28)
  bytes.writeUInt16LE(channels * 2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36, 'latin1')
  bytes.writeUInt32LE(samples.length * 2, 40)
  samples.forEach((sample, index) => {
    bytes.writeInt16LE(sample, 44 + index * 2)
  })
  return bytes
}

/** Two voices that take turns, one tone each: left first. */
export function talkOf(seconds: number): Buffer {
  const samples: number[] = []
  for (let frame = 0; frame < seconds * 8_000; frame++) {
    const left = Math.floor(frame / 8_000) % 2 === 0
    samples.push(
      left ? Math.round(9_000 * Math.sin((2 * Math.PI * 440 * frame) / 8_000)) : 0,
      left ? 0 : Math.round(12_000 * Math.sin((2 * Math.PI * 700 * frame) / 8_000)),
    )
  }
  return wavOf(samples, 2)
}
