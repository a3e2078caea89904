// What staff upload: told by its content, never by its name; hostile files are refused with a reason.
import type { Shaped } from './loudness.ts'
import { decodeMp3, isMp3 } from './mp3.ts'
import { UploadRefused } from './refused.ts'
import { shapeAside } from './shaping.ts'

export const MAX_UPLOAD_BYTES = 20 * 1_048_576
export const MAX_UPLOAD_SECONDS = 600
const MIN_UPLOAD_SECONDS = 0.2

/** @throws UploadRefused */
export async function readUpload(bytes: Buffer): Promise<Shaped> {
  if (bytes.length > MAX_UPLOAD_BYTES) throw new UploadRefused('prompts.too_big', 'the file is too big')
  return shapeAside(await wavOf(bytes), MIN_UPLOAD_SECONDS, MAX_UPLOAD_SECONDS)
}

async function wavOf(bytes: Buffer): Promise<Buffer> {
  if (bytes.toString('latin1', 0, 4) === 'RIFF') return bytes
  if (isMp3(bytes)) return decodeMp3(bytes, MAX_UPLOAD_SECONDS)
  throw new UploadRefused('prompts.not_sound', 'neither WAV nor MP3')
}
