// Chromium with a microphone that is a file, and eyes on what its connections carry.
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { type Loudness, tones } from './voices.ts'

/** Where Chromium is on this machine; undefined: nowhere. */
export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)

/** A browser process whose microphone plays `voice` (a WAV file) for ever. */
export const launchWithVoice = (voice: string): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath as string,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-audio-capture=${voice}`,
      '--allow-loopback-in-peer-connection',
      '--autoplay-policy=no-user-gesture-required',
    ],
  })

type Seen = { connections: RTCPeerConnection[]; heard(tones: Record<string, number>): Promise<Loudness> }

export async function newContext(browser: Browser): Promise<BrowserContext> {
  const made = await browser.newContext({
    locale: 'es-AR',
    viewport: { width: 1366, height: 768 },
    permissions: ['microphone'],
  })
  made.setDefaultTimeout(45_000)
  await made.addInitScript(() => {
    const connections: RTCPeerConnection[] = []
    // A steady tone is what the suppression of noise takes away.
    const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices)
    if (ask)
      navigator.mediaDevices.getUserMedia = () =>
        ask({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } })
    const Real = RTCPeerConnection
    Object.assign(window, {
      connections,
      RTCPeerConnection: class extends Real {
        constructor(configuration?: RTCConfiguration) {
          super(configuration)
          connections.push(this)
        }
      },
      /** How loud each tone comes out of the last connection, for a second. */
      async heard(tones: Record<string, number>) {
        const levels = Object.fromEntries(Object.keys(tones).map((who) => [who, 0]))
        const track = connections.at(-1)?.getReceivers()[0]?.track
        if (!track) return levels
        const context = new AudioContext()
        const analyser = context.createAnalyser()
        analyser.fftSize = 8_192
        analyser.smoothingTimeConstant = 0
        context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
        const bins = new Float32Array(analyser.frequencyBinCount)
        const looks = 5
        for (let look = 0; look < looks; look++) {
          await new Promise((later) => setTimeout(later, 200))
          analyser.getFloatFrequencyData(bins)
          for (const [who, hz] of Object.entries(tones)) {
            const at = Math.round((hz * analyser.fftSize) / context.sampleRate)
            const decibels = Math.max(...bins.subarray(at - 1, at + 2))
            // Of a sine the middle bin of a Blackman window has 0.42 / 2 of its height.
            levels[who] = (levels[who] ?? 0) + (10 ** (decibels / 20) / 0.21 / looks) * 32_767
          }
        }
        await context.close()
        for (const who of Object.keys(levels)) levels[who] = Math.round(levels[who] ?? 0)
        return levels
      },
    })
  })
  return made
}

/** How loud each tone is in what this page's phone plays, 0..32767. */
export const heardIn = (page: Page): Promise<Loudness> =>
  page.evaluate((hz) => (window as unknown as Seen).heard(hz), tones)

/** RTP packets that the page's last connection has sent and received. */
export const packetsOf = (page: Page): Promise<{ sent: number; received: number }> =>
  page.evaluate(async () => {
    const counted = { sent: 0, received: 0 }
    const stats = await (window as unknown as Seen).connections.at(-1)?.getStats()
    for (const one of stats?.values() ?? []) {
      if (one.type === 'outbound-rtp') counted.sent += one.packetsSent
      if (one.type === 'inbound-rtp') counted.received += one.packetsReceived
    }
    return counted
  })
