// What staff upload: told by its content, never by its name; hostile files are refused with a reason.

import { type Shaped, shapeForTelephone } from './loudness.ts'
import { decodeMp3, isMp3 } from './mp3.ts'
import { UploadRefused } from './refused.ts'
import { readWav, type Sound } from './wav.ts'

export const MAX_UPLOAD_BYTES = 20 * 1_048_576
export const MAX_UPLOAD_SECONDS = 600
const MIN_UPLOAD_SECONDS = 0.2

/** @throws UploadRefused */
export async function readUpload(bytes: Buffer): Promise<Shaped> {
  if (bytes.length > MAX_UPLOAD_BYTES) throw new UploadRefused('prompts.too_big', 'the file is too big')
  const sound = await decode(bytes)
  const seconds = sound.samples.length / sound.rate
  if (seconds > MAX_UPLOAD_SECONDS) throw new UploadRefused('prompts.too_long', 'the recording is too long')
  if (seconds < MIN_UPLOAD_SECONDS) throw new UploadRefused('prompts.too_short', 'the recording is too short')
  const shaped = shapeForTelephone(sound)
  if (!shaped) throw new UploadRefused('prompts.silent', 'there is nothing to hear in it')
  return shaped
}

async function decode(bytes: Buffer): Promise<Sound> {
  if (bytes.toString('latin1', 0, 4) === 'RIFF') {
    try {
      return readWav(bytes)
    } catch (error) {
      throw new UploadRefused('prompts.not_wav', (error as Error).message)
    }
  }
  if (isMp3(bytes)) return decodeMp3(bytes, MAX_UPLOAD_SECONDS)
  throw new UploadRefused('prompts.not_sound', 'neither WAV nor MP3')
}
