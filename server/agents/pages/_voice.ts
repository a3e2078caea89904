// The two voices of a call: ours from the microphone into the connection, the other's out of the loudspeaker.
import { type Microphone, preferences } from './_devices.ts'

type Session = { readonly connection: RTCPeerConnection | undefined }

export type Voice = {
  readonly muted: boolean
  /** The browser refuses to play sound until it is told by a click. */
  readonly silent: boolean
  /** A copy of the microphone for a call that begins: muting it leaves the level meter alone. */
  begin(): MediaStream | undefined
  end(): void
  /** Plays what comes from the other side. */
  attach(connection: RTCPeerConnection): void
  /** Another microphone in the middle of a call. */
  swap(session: Session, track: MediaStreamTrack): void
  mute(session: Session, on: boolean): void
  /** Plays (again): another loudspeaker, or the click that the browser wanted. */
  play(): void
}

export function createVoice(audio: HTMLAudioElement, microphone: () => Microphone, onChange: () => void): Voice {
  let own: MediaStream | undefined
  let muted = false
  let silent = false
  const stop = () => {
    for (const track of own?.getTracks() ?? []) track.stop()
    own = undefined
  }
  const play = () => {
    const { speaker } = preferences()
    const target = audio as HTMLAudioElement & { setSinkId?(id: string): Promise<void> }
    if (target.setSinkId) void target.setSinkId(speaker).catch(() => target.setSinkId?.('').catch(() => {}))
    audio.play().then(
      () => {
        silent = false
        onChange()
      },
      (error: DOMException) => {
        silent = error.name === 'NotAllowedError'
        onChange()
      },
    )
  }
  return {
    get muted() {
      return muted
    },
    get silent() {
      return silent
    },
    begin() {
      own = microphone().stream?.clone()
      muted = false
      return own
    },
    end() {
      stop()
      audio.srcObject = null
      silent = false
    },
    attach(connection) {
      connection.addEventListener('track', ({ streams, track }) => {
        audio.srcObject = streams[0] ?? new MediaStream([track])
        play()
      })
    },
    swap({ connection }, track) {
      const sender = connection?.getSenders().find((one) => one.track?.kind === 'audio')
      if (!sender) return
      const copy = track.clone()
      copy.enabled = !muted
      void sender.replaceTrack(copy)
      stop()
      own = new MediaStream([copy])
    },
    mute({ connection }, on) {
      muted = on
      for (const sender of connection?.getSenders() ?? []) if (sender.track) sender.track.enabled = !on
      onChange()
    },
    play,
  }
}
