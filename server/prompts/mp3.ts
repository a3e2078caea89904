import { spawn } from 'node:child_process'
import { UploadRefused } from './refused.ts'

const TIMEOUT_MS = 20_000
const RATE = 16_000

/** Programs that decode MP3 from their standard input to a mono WAV on their standard output; the first one there is taken. */
const decoders: [string, string[]][] = [
  ['sox', ['-t', 'mp3', '-', '-t', 'wav', '-b', '16', '-c', '1', '-r', String(RATE), '-']],
  [
    'ffmpeg',
    [
      '-v',
      'error',
      '-f',
      'mp3',
      '-i',
      'pipe:0',
      '-f',
      'wav',
      '-c:a',
      'pcm_s16le',
      '-ac',
      '1',
      '-ar',
      String(RATE),
      'pipe:1',
    ],
  ],
  ['mpg123', ['-q', '-m', '-r', String(RATE), '-w', '-', '-']],
]

/** Whether it begins as MP3: a tag, or two frame headers (ISO/IEC 11172-3, 2.4.1.3) as far apart as the first says. */
export function isMp3(bytes: Buffer): boolean {
  if (bytes.toString('latin1', 0, 3) === 'ID3') return bytes.length > 128
  const length = frameBytes(bytes, 0)
  return length > 0 && frameBytes(bytes, length) > 0
}

const bitRates = {
  1: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
}
const sampleRates = [44_100, 48_000, 32_000]

/** Length of the layer III frame that begins here, 0 when none does. */
function frameBytes(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) return 0
  const header = bytes.readUInt32BE(at)
  const version = (header >>> 19) & 3
  if (header >>> 21 !== 0x7ff || version === 1 || ((header >>> 17) & 3) !== 1) return 0
  const first = version === 3
  const kbit = bitRates[first ? 1 : 2][((header >>> 12) & 15) - 1]
  const rate = sampleRates[(header >>> 10) & 3]
  if (!kbit || !rate) return 0
  const hertz = first ? rate : rate / (version === 2 ? 2 : 4)
  return Math.floor(((first ? 144 : 72) * kbit * 1_000) / hertz) + ((header >>> 9) & 1)
}

/** To WAV in a process of its own, so that a hostile file can hurt nothing but that. @throws UploadRefused */
export async function decodeMp3(bytes: Buffer, maxSeconds: number): Promise<Buffer> {
  // A little more than allowed, so that it is the length that is complained about.
  const maxBytes = (maxSeconds + 5) * RATE * 2
  for (const [command, args] of decoders) {
    const wav = await decodeBy(command, args, bytes, maxBytes)
    if (wav === 'absent') continue
    if (wav === 'too_long') throw new UploadRefused('prompts.too_long', 'the recording is too long')
    if (wav !== 'failed' && wav.toString('latin1', 0, 4) === 'RIFF') return wav
    throw new UploadRefused('prompts.bad_mp3', `${command} could not decode it`)
  }
  throw new UploadRefused('prompts.no_mp3', 'no program that decodes MP3 on this machine')
}

type Decoded = Buffer | 'absent' | 'failed' | 'too_long'

function decodeBy(command: string, args: string[], bytes: Buffer, maxBytes: number): Promise<Decoded> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] })
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
    const end = (result: Decoded) => {
      clearTimeout(timer)
      resolve(result)
    }
    const chunks: Buffer[] = []
    let size = 0
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) child.kill('SIGKILL')
      else chunks.push(chunk)
    })
    child.on('error', (error: NodeJS.ErrnoException) => end(error.code === 'ENOENT' ? 'absent' : 'failed'))
    child.on('close', (code) => end(size > maxBytes ? 'too_long' : code === 0 ? Buffer.concat(chunks) : 'failed'))
    child.stdin.on('error', () => {})
    child.stdin.end(bytes)
  })
}
