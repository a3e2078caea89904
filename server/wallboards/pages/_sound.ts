// A soft chime made of two sines. Browsers are silent until somebody touches the page, but for a kiosk started with
// --autoplay-policy=no-user-gesture-required.

let context: AudioContext | undefined
let rangAt = Number.NEGATIVE_INFINITY
/** Oftener it would be noise. */
const quietMs = 10_000

function audio(): AudioContext {
  context ??= new AudioContext()
  return context
}

/** Whether the browser would let nothing be heard yet. */
export function silent(): boolean {
  return audio().state !== 'running'
}

/** `volume`: 0 to 1. Returns whether it rang. */
export function chime(volume: number): boolean {
  if (volume <= 0 || silent() || performance.now() - rangAt < quietMs) return false
  rangAt = performance.now()
  const { currentTime, destination } = audio()
  for (const [at, tone] of [
    [0, 659.25],
    [0.28, 523.25],
  ] as const) {
    const sine = audio().createOscillator()
    const gain = audio().createGain()
    sine.frequency.value = tone
    const from = currentTime + at
    gain.gain.setValueAtTime(0, from)
    gain.gain.linearRampToValueAtTime(volume * 0.5, from + 0.02)
    gain.gain.exponentialRampToValueAtTime(0.001, from + 1.4)
    sine.connect(gain).connect(destination)
    sine.start(from)
    sine.stop(from + 1.5)
    // Nothing is kept of it.
    sine.onended = () => gain.disconnect()
  }
  document.dispatchEvent(new CustomEvent('vera:chime'))
  return true
}

// Any touch lets it be heard from then on.
for (const touch of ['pointerdown', 'keydown'])
  addEventListener(touch, () => {
    if (context?.state === 'suspended') void context.resume()
  })
