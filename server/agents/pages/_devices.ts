// The agent's microphone, loudspeaker and bell: which ones, how loud, and whether the microphone is still there.

export type Preferences = {
  /** Where calls ring. */
  use: 'browser' | 'desk'
  autoAnswer: boolean | undefined
  /** deviceId, or empty for the machine's own choice. */
  microphone: string
  speaker: string
  bell: string
  /** 0 .. 1 */
  bellVolume: number
}

const key = 'vera.phone'
const defaults: Preferences = {
  use: 'browser',
  autoAnswer: undefined,
  microphone: '',
  speaker: '',
  bell: '',
  bellVolume: 0.7,
}

/** What this browser remembers; whatever is strange in it is left out. */
export function preferences(): Preferences {
  let kept: Record<string, unknown> = {}
  try {
    kept = JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, unknown>
  } catch {
    localStorage.removeItem(key)
  }
  const text = (name: keyof Preferences) => (typeof kept[name] === 'string' ? (kept[name] as string) : '')
  return {
    use: kept.use === 'desk' ? 'desk' : 'browser',
    autoAnswer: typeof kept.autoAnswer === 'boolean' ? kept.autoAnswer : defaults.autoAnswer,
    microphone: text('microphone'),
    speaker: text('speaker'),
    bell: text('bell'),
    bellVolume: typeof kept.bellVolume === 'number' ? Math.min(1, Math.max(0, kept.bellVolume)) : defaults.bellVolume,
  }
}

export function prefer(change: Partial<Preferences>): Preferences {
  const next = { ...preferences(), ...change }
  localStorage.setItem(key, JSON.stringify(next))
  return next
}

export type Choices = Record<'microphone' | 'speaker' | 'bell', { id: string; name: string }[]>

/** What is plugged in now; names are empty until the microphone is allowed. */
export async function choices(): Promise<Choices> {
  const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? []
  const of = (kind: MediaDeviceKind) =>
    all
      .filter((one) => one.kind === kind && one.deviceId !== '' && one.deviceId !== 'default')
      .map(({ deviceId, label }) => ({ id: deviceId, name: label }))
  return { microphone: of('audioinput'), speaker: of('audiooutput'), bell: of('audiooutput') }
}

export type Microphone = {
  readonly stream: MediaStream | undefined
  /** Asks for it (again). Resolves false when there is none, or the person or the machine says no. */
  open(): Promise<boolean>
  close(): void
  /** How loud it is now, 0 .. 1. */
  level(): number
}

/** `onLost`: it was pulled out, or the permission taken back. `onChange`: another one is open now. */
export function createMicrophone(events: { onLost(): void; onChange(track: MediaStreamTrack): void }): Microphone {
  let stream: MediaStream | undefined
  let opening: Promise<boolean> | undefined
  let context: AudioContext | undefined
  let analyser: AnalyserNode | undefined
  let samples = new Float32Array(0)

  const listen = (heard: MediaStream) => {
    context ??= new AudioContext()
    void context.resume().catch(() => {})
    analyser = context.createAnalyser()
    analyser.fftSize = 1_024
    samples = new Float32Array(analyser.fftSize)
    context.createMediaStreamSource(heard).connect(analyser)
  }
  const stop = () => {
    for (const track of stream?.getTracks() ?? []) {
      track.onended = null
      track.stop()
    }
    stream = undefined
    analyser = undefined
  }
  const ask = async (deviceId: string) =>
    navigator.mediaDevices.getUserMedia({
      audio: {
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
        ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
      },
    })
  const begin = async () => {
    if (!navigator.mediaDevices) return false
    const { microphone } = preferences()
    // The chosen one may be unplugged today: another microphone is better than none.
    const found = await ask(microphone).catch(() => (microphone ? ask('').catch(() => undefined) : undefined))
    const track = found?.getAudioTracks()[0]
    if (!found || !track) return false
    stop()
    stream = found
    track.onended = () => {
      stop()
      events.onLost()
    }
    listen(found)
    events.onChange(track)
    return true
  }
  return {
    get stream() {
      return stream
    },
    open() {
      opening ??= begin().finally(() => {
        opening = undefined
      })
      return opening
    },
    close: stop,
    level() {
      if (!analyser || !stream) return 0
      analyser.getFloatTimeDomainData(samples)
      let sum = 0
      for (const sample of samples) sum += sample * sample
      // Speech has an RMS of about 0.05; the root makes quiet speech visible.
      return Math.min(1, Math.sqrt(Math.sqrt(sum / samples.length) * 4))
    },
  }
}
