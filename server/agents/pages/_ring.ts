// The desk's bell: made with WebAudio, so there is no file to load, and flashing the title for who looks elsewhere.

import { preferences } from './_devices.ts'

let audio: AudioContext | undefined
let ringing: ReturnType<typeof setInterval> | undefined
const title = document.title

/** Browsers allow sound only after the person has touched the page. */
for (const event of ['pointerdown', 'keydown'] as const) {
  addEventListener(
    event,
    () => {
      audio ??= new AudioContext()
      void audio.resume()
    },
    { once: true },
  )
}

/** Rings once, as loud and where the person chose. */
export function bell(): void {
  if (audio?.state !== 'running') return
  const { bell: device, bellVolume } = preferences()
  const target = audio as AudioContext & { setSinkId?(id: string): Promise<void>; sinkId?: string }
  if (target.setSinkId && target.sinkId !== device) void target.setSinkId(device).catch(() => {})
  if (bellVolume === 0) return
  const start = audio.currentTime
  for (const [index, frequency] of [880, 1_108, 880, 1_108].entries()) {
    const tone = audio.createOscillator()
    const loudness = audio.createGain()
    const at = start + index * 0.16
    tone.frequency.value = frequency
    loudness.gain.setValueAtTime(0, at)
    loudness.gain.linearRampToValueAtTime(0.3 * bellVolume, at + 0.02)
    loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.15)
    tone.connect(loudness).connect(audio.destination)
    tone.start(at)
    tone.stop(at + 0.16)
  }
}

/** Rings and flashes until told that it is over. */
export function ring(who: string | undefined): void {
  if (who === undefined) {
    clearInterval(ringing)
    ringing = undefined
    document.title = title
    return
  }
  if (ringing) return
  let beats = 0
  const beat = () => {
    document.title = beats % 2 === 0 ? `☎ ${who}` : title
    if (beats % 4 === 0) bell()
    beats++
  }
  beat()
  ringing = setInterval(beat, 600)
}
